"""`encode`: a sample as the tensors that a network sees, as its `TensorSpec` states.

This is the only interpreter of a specification. Datasets, trainkit and edgeinfer all call it, so
training and inference cannot drift apart. Operations on pictures of shape (batch, y, x):

================= ================================================================================
crop              the window: ``mode`` whole, source or fixed (`windows.crop_window`)
resample          the window brought to ``size`` pixels (area-preserving, no aliasing)
percentile_clip   clipped at percentiles ``low`` and ``high`` of the item, mapped to 0..1
stretch           divided by the largest absolute value, then sign(x) |x|^``power``
asinh             asinh(x / ``softening``) / asinh(1 / ``softening``)
standardise       (x - ``mean``) / ``std``; the item's own where they are not given, and then 0
                  everywhere in an item that is constant to within its rounding
beam_map          unit-peak Gaussian of the restoring beam, at the middle of the window
beam_over_field   beam (geometric mean of the axes, FWHM) / window width, clipped to 1
beam_covariance   vector (3,): ln of the beam's geometric mean sigma over the half width, and
                  e cos 2BPA, e sin 2BPA with e = (a^2 - b^2) / (a^2 + b^2)
================= ================================================================================

From numpy arrays an item comes out as the same bits alone and in any batch. From torch tensors it
does so within rounding only: torch adds and multiplies in another order for another batch size.
"""

from .tensors import encode, window_of

__all__ = ["encode", "window_of"]
