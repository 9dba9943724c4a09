"""The eight exact views of a square picture, and what a turn does to its numbers.

Pixel coordinates are x to the west and y to the north; a position angle is counted from north to
east, so its direction is (-sin PA, cos PA) in (x, y). Batches of torch tensors throughout.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from skytypes import Sample
from skytypes.errors import ContractError

VIEWS = 8
"""Four turns, and the same of the mirror image."""


def view_matrices(views: Tensor) -> Tensor:
    """Matrices of views, acting on (x, y) about the middle of the picture.

    Parameters
    ----------
    views : int tensor of shape (batch,), 0 to 7
        View ``4 m + t`` mirrors columns if ``m`` is 1, then turns ``t`` times a quarter as
        `torch.rot90` does over (y, x).

    Returns
    -------
    tensor of shape (batch, 2, 2), float32, dimensionless

    Examples
    --------
    >>> view_matrices(torch.tensor([4]))[0].tolist()
    [[-1.0, 0.0], [0.0, 1.0]]
    """
    quarter = torch.tensor([[0.0, 1.0], [-1.0, 0.0]], device=views.device)
    table = [torch.eye(2, device=views.device)]
    for _ in range(3):
        table.append(quarter @ table[-1])
    mirror = torch.diag(torch.tensor([-1.0, 1.0], device=views.device))
    return torch.stack(table + [m @ mirror for m in table])[views]


def turn_pictures(image: Tensor, views: Tensor) -> Tensor:
    """Pictures of shape (batch, y, x), each seen in its own view; pixels move, none is changed.

    Raises
    ------
    ContractError
        If the pictures are not square.

    Examples
    --------
    >>> turn_pictures(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), torch.tensor([4]))[0].tolist()
    [[2.0, 1.0], [4.0, 3.0]]
    """
    if image.shape[-1] != image.shape[-2]:
        raise ContractError(
            f"pictures of {tuple(image.shape[-2:])} pixels can't be turned; cut them square"
        )
    turned = torch.empty_like(image)
    for view in range(VIEWS):
        where = torch.nonzero(views == view)[:, 0]
        if len(where):
            part = image[where]
            part = part.flip(-1) if view >= 4 else part
            turned[where] = torch.rot90(part, view % 4, (-2, -1))
    return turned


def _turn_angle(angle_deg: Tensor, turn: Tensor) -> Tensor:
    angle = angle_deg * (math.pi / 180)
    direction = torch.stack([-torch.sin(angle), torch.cos(angle)], -1)
    x, y = (turn @ direction[..., None])[..., 0].unbind(-1)
    turned = torch.atan2(-x, y) * (180 / math.pi) % 180
    # The remainder of a tiny negative number rounds to 180 itself.
    return torch.where(turned >= 180, torch.zeros_like(turned), turned)


def turn_numbers(sample: Sample, matrices: Tensor, shift_px: Tensor | None = None) -> Sample:
    """What a picture's transformation does to its beam, reference pixel, scale and labels.

    A pixel at ``p`` goes to ``c + M (p - c) + shift``, c being the middle. M is a turn or a
    mirror image times a zoom; zooming makes the pixels smaller and leaves arcseconds as they are.

    Parameters
    ----------
    sample : Sample
        A batch of torch tensors; ``image`` of shape (batch, y, x) is passed on untouched.
    matrices : tensor of shape (batch, 2, 2), dimensionless
    shift_px : tensor of shape (batch, 2) or None [pixel]
        In x and y.

    Returns
    -------
    Sample
    """
    inputs, labels = dict(sample.inputs), dict(sample.labels)
    zoom = torch.sqrt(torch.abs(torch.linalg.det(matrices)))
    turn = matrices / zoom[:, None, None]
    ny, nx = inputs["image"].shape[-2:]
    middle = torch.tensor([(nx - 1) / 2, (ny - 1) / 2], device=matrices.device)
    reference = torch.stack([inputs["reference_x_px"], inputs["reference_y_px"]], -1)
    moved = middle + (matrices @ (reference - middle)[..., None])[..., 0]
    if shift_px is not None:
        moved = moved + shift_px
    inputs["reference_x_px"], inputs["reference_y_px"] = moved.unbind(-1)
    inputs["pixel_scale_arcsec"] = inputs["pixel_scale_arcsec"] / zoom
    inputs["bpa_deg"] = _turn_angle(inputs["bpa_deg"], turn)
    if "pa_deg" in labels:
        labels["pa_deg"] = _turn_angle(labels["pa_deg"], turn)
    if "dx_arcsec" in labels and "dy_arcsec" in labels:
        offset = torch.stack([-labels["dx_arcsec"], labels["dy_arcsec"]], -1)
        west, north = (turn @ offset[..., None])[..., 0].unbind(-1)
        labels["dx_arcsec"], labels["dy_arcsec"] = -west, north
    return Sample(inputs, labels, sample.size)


def turn_sample(sample: Sample, views: Tensor) -> Sample:
    """A batch with each item in its own view: picture, beam, reference pixel and labels.

    Parameters
    ----------
    sample : Sample
        A batch of torch tensors with square pictures, shape (batch, y, x).
    views : int tensor of shape (batch,), 0 to 7
        As `view_matrices` takes them.

    Returns
    -------
    Sample
        Of the same shapes and units: angles [deg], east of north; offsets [arcsec], east and north
        positive; reference pixel [pixel].

    Raises
    ------
    ContractError
        If the pictures are not square.

    Examples
    --------
    A disk to the north-east is, in the mirror image, to the north-west:

    >>> one = {k: torch.ones(1) for k in ("bpa_deg", "pixel_scale_arcsec")}
    >>> middle = {k: torch.full((1,), 2.0) for k in ("reference_x_px", "reference_y_px")}
    >>> labels = {"pa_deg": torch.tensor([30.0]), "dx_arcsec": torch.tensor([0.2])}
    >>> labels["dy_arcsec"] = torch.tensor([0.1])
    >>> s = Sample({"image": torch.zeros(1, 4, 4), **one, **middle}, labels, 1)
    >>> seen = turn_sample(s, torch.tensor([4]))
    >>> [round(float(seen.labels[k]), 4) for k in ("pa_deg", "dx_arcsec", "dy_arcsec")]
    [150.0, -0.2, 0.1]
    >>> float(seen.inputs["reference_x_px"])
    1.0
    """
    turned = turn_numbers(sample, view_matrices(views))
    image = turn_pictures(sample.inputs["image"], views)
    return Sample({**turned.inputs, "image": image}, turned.labels, sample.size)
