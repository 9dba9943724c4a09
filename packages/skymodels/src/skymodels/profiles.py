"""Radial profiles of a disk's brightness, as pure functions of radius.

All functions take numpy arrays or torch tensors that broadcast against one another: radii of shape
(batch, ...) and one number a disk, of shape (batch, 1, ...). Radii and widths share any one unit.
"""

from __future__ import annotations

from skytypes.arrays import Array, namespace

TEMPERATURE_K = (5.0, 2000.0)
"""Dust temperature is clipped to this range [K]."""


def surface_density(radius: Array, *, rc: Array, gamma: Array) -> Array:
    """Tapered power law (r / rc)^-gamma exp(-(r / rc)^(2 - gamma)), dimensionless.

    Parameters
    ----------
    radius : array of shape (batch, ...)
        Above zero.
    rc : array of shape (batch, 1, ...)
        Radius where the exponential takes over.
    gamma : array of shape (batch, 1, ...)
        Power of the inner disk, dimensionless.

    Returns
    -------
    array of shape (batch, ...)

    Notes
    -----
    Self-similar solution of a viscous disk: Lynden-Bell & Pringle 1974, MNRAS 168, 603,
    doi:10.1093/mnras/168.3.603; in this form Andrews et al. 2009, ApJ 700, 1502, eq. 4.

    Examples
    --------
    >>> import numpy as np
    >>> float(surface_density(np.array([1.0]), rc=np.array([1.0]), gamma=np.array([0.5]))[0])
    0.36787944117144233
    """
    xp = namespace(radius)
    # Through the logarithm: one log and two exp cost half of two powers.
    ratio = xp.log(radius / rc)
    return xp.exp(-gamma * ratio - xp.exp((2 - gamma) * ratio))


def temperature(radius: Array, *, t0_k: Array, rref: Array, q: Array) -> Array:
    """Dust temperature T0 (r / rref)^-q, clipped to `TEMPERATURE_K` [K].

    Parameters
    ----------
    radius : array of shape (batch, ...)
    t0_k : array of shape (batch, 1, ...)
        Temperature at ``rref`` [K].
    rref : array of shape (batch, 1, ...)
    q : array of shape (batch, 1, ...)
        Power of the fall, dimensionless.

    Returns
    -------
    array of shape (batch, ...) [K]

    Notes
    -----
    A power law of radius, as Beckwith et al. 1990, AJ 99, 924 have it.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.ones(1)
    >>> float(temperature(4 * one, t0_k=100 * one, rref=one, q=0.5 * one)[0])
    50.0
    """
    xp = namespace(radius)
    warmth = t0_k * xp.exp(-q * xp.log(radius / rref))
    low, high = TEMPERATURE_K
    return xp.minimum(xp.maximum(warmth, low), high)


def emission(temperature_k: Array, optical_depth: Array) -> Array:
    """Brightness temperature T (1 - exp(-tau)) of a uniform slab [K].

    Parameters
    ----------
    temperature_k : array of shape (batch, ...) [K]
    optical_depth : array of shape (batch, ...)
        Dimensionless.

    Returns
    -------
    array of shape (batch, ...) [K]

    Notes
    -----
    Rybicki & Lightman 1979, Radiative Processes in Astrophysics, eq. 1.30 with nothing behind the
    slab, in the Rayleigh-Jeans limit.

    Examples
    --------
    >>> import numpy as np
    >>> float(emission(np.array([20.0]), np.array([0.0]))[0])
    0.0
    """
    return -temperature_k * namespace(optical_depth).expm1(-optical_depth)


def cavity(radius: Array, *, rmin: Array, depth: Array, width: Array) -> Array:
    """Factor 1 - depth (1 - taper), taper = (1 + tanh((r - rmin) / width)) / 2, dimensionless.

    A depth of 0 is no cavity.

    Parameters
    ----------
    radius : array of shape (batch, ...)
    rmin, width : array of shape (batch, 1, ...)
        Radius of the edge, and of its softness.
    depth : array of shape (batch, 1, ...)
        0 to 1, dimensionless.

    Returns
    -------
    array of shape (batch, ...)

    Examples
    --------
    >>> import numpy as np
    >>> one = np.ones(1)
    >>> float(cavity(one, rmin=one, depth=0.8 * one, width=0.1 * one)[0])
    0.6
    """
    taper = (1 + namespace(radius).tanh((radius - rmin) / width)) / 2
    return 1 - depth * (1 - taper)


def wall(radius: Array, *, rmin: Array, width: Array) -> Array:
    """Bright rim exp(-((r - rmin) / width)^2), peak 1, dimensionless.

    Parameters
    ----------
    radius : array of shape (batch, ...)
    rmin, width : array of shape (batch, 1, ...)
        Radius of the rim, and where it is 1/e.

    Returns
    -------
    array of shape (batch, ...)

    Examples
    --------
    >>> import numpy as np
    >>> float(wall(np.ones(1), rmin=np.ones(1), width=np.ones(1))[0])
    1.0
    """
    return namespace(radius).exp(-(((radius - rmin) / width) ** 2))


def ring(radius: Array, *, centre: Array, width: Array) -> Array:
    """Gaussian ring exp(-((r - centre) / width)^2 / 2), peak 1, dimensionless.

    Parameters
    ----------
    radius : array of shape (batch, ...)
    centre, width : array of shape (batch, 1, ...)
        Radius of the ring, and its sigma.

    Returns
    -------
    array of shape (batch, ...)

    Examples
    --------
    >>> import numpy as np
    >>> float(ring(np.ones(1), centre=np.ones(1), width=np.ones(1))[0])
    1.0
    """
    return namespace(radius).exp(-0.5 * ((radius - centre) / width) ** 2)


def outer_taper(radius: Array, *, rout: Array, power: Array) -> Array:
    """Factor exp(-(r / rout)^power), dimensionless.

    Parameters
    ----------
    radius : array of shape (batch, ...)
    rout : array of shape (batch, 1, ...)
        Where the factor is 1/e.
    power : array of shape (batch, 1, ...)
        Dimensionless.

    Returns
    -------
    array of shape (batch, ...)

    Examples
    --------
    >>> import numpy as np
    >>> float(outer_taper(np.ones(1), rout=np.ones(1), power=2 * np.ones(1))[0])
    0.36787944117144233
    """
    xp = namespace(radius)
    return xp.exp(-xp.exp(power * xp.log(radius / rout)))


def halo(radius: Array, *, scale: Array) -> Array:
    """Wide halo exp(-(r / scale)^0.7), 1 in the middle, dimensionless.

    Parameters
    ----------
    radius : array of shape (batch, ...)
    scale : array of shape (batch, 1, ...)
        Where it is 1/e.

    Returns
    -------
    array of shape (batch, ...)

    Examples
    --------
    >>> import numpy as np
    >>> float(halo(np.ones(1), scale=np.ones(1))[0])
    0.36787944117144233
    """
    xp = namespace(radius)
    return xp.exp(-xp.exp(0.7 * xp.log(radius / scale)))
