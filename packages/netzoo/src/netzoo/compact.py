"""`CompactDiscoNet`: a small network for protoplanetary disks, for the edge.

Inclination is a matter of second moments: those of the picture less those of the beam. The
network therefore measures them first, without any weights (`netzoo.moments`), and the picture's
harmonics ring by ring (`netzoo.harmonics`). It sees both along the axis that it measured, and is
trained to say by how much the moments are wrong: rings, gaps, crescents, noise.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skytypes import ModelCard
from skytypes.specs import Channel, Operation, TensorSpec

from .disks import COLUMNS, DISK_LIMITS, DISK_OUTPUTS, DISK_RULES
from .factory import NetworkFactory
from .frames import EVEN, MIRRORED, Frame, symmetry_signs
from .harmonics import harmonic_parity, measure_harmonics, polar_basis
from .moments import adaptive_moments, beam_moments, plane_basis
from .shapes import SHAPE_PARITY, describe_shape, turn_shape

_SIDE = 64
_RINGS = 20
_ORDERS = 4
_HIDDEN = 256

# Channel and weight of each measurement: the source, its outskirts, its faint parts.
_MEASUREMENTS = ((0, 1.0), (0, 3.0), (1, 1.0))
_CHANNELS = 2

_BEAM_PARITY = (EVEN, EVEN, MIRRORED)
_COLUMN_PARITY = SHAPE_PARITY[: len(COLUMNS)]

_WINDOW = Operation("crop", {"mode": "source", "margin": 1.6, "max_arcsec": 5.0})
_LINEAR = (_WINDOW, Operation("resample", {"size": _SIDE}), Operation("stretch"))

COMPACT_IMAGE = TensorSpec(
    "image",
    (2, _SIDE, _SIDE),
    (
        Channel("linear", _LINEAR),
        Channel("asinh", (*_LINEAR, Operation("asinh", {"softening": 0.03}))),
    ),
)
"""The picture that `CompactDiscoNet` sees: over its peak, and stretched to show faint parts."""

COMPACT_BEAM = TensorSpec("beam", (3,), (Channel("beam", (_WINDOW, Operation("beam_covariance"))),))
"""The restoring beam in units of the window's half width, beside the picture."""


def _known_parity() -> list[tuple[int, int]]:
    """What becomes of each number that the head is given; in the order of `_known`."""
    shapes = list(SHAPE_PARITY) * len(_MEASUREMENTS)
    harmonics = harmonic_parity(_RINGS, _ORDERS)
    return [*shapes, *_BEAM_PARITY, *(p for part in harmonics for p in part * _CHANNELS)]


class CompactDiscoNet(nn.Module):
    """Moments of the picture, corrected by what its rings show.

    Three measurements of the shape, the harmonics of twenty rings in two stretches, and the beam,
    all as seen along the measured major axis, go to a head of two hidden layers. It answers with
    a correction to each column and with the share of the first measurement that is kept: little
    of it where the source drowns in noise. An axis has two directions and two sides; the answers
    for the four are averaged, so that a turned or mirrored picture gives the turned or mirrored
    answer, without having been trained to.

    Examples
    --------
    >>> network = CompactDiscoNet().eval()
    >>> network(torch.rand(2, 2, 64, 64), torch.tensor([[-2.0, 0.1, 0.0]] * 2)).shape
    torch.Size([2, 5])
    """

    plane: Tensor
    rings: Tensor
    widths: Tensor
    known_signs: Tensor
    column_signs: Tensor

    def __init__(self) -> None:
        super().__init__()
        parity = _known_parity()
        for name, constant in {
            "widths": torch.tensor([width for _, width in _MEASUREMENTS]),
            "plane": plane_basis(_SIDE),
            "rings": polar_basis(_SIDE, _RINGS, _ORDERS),
            "known_signs": symmetry_signs(parity),
            "column_signs": symmetry_signs(_COLUMN_PARITY),
        }.items():
            self.register_buffer(name, constant, persistent=False)
        self.norm = nn.BatchNorm1d(len(parity))
        last = nn.Linear(_HIDDEN, 2 * len(COLUMNS))
        with torch.no_grad():
            # A small first correction: training starts from the measurement.
            last.weight.mul_(0.3)
        self.head = nn.Sequential(
            *(nn.Linear(len(parity), _HIDDEN), nn.ReLU()),
            *(nn.Linear(_HIDDEN, _HIDDEN), nn.ReLU()),
            last,
        )

    def measure(self, image: Tensor, beam: Tensor) -> Tensor:
        """Shapes of the picture, shape (batch, 3, 12); the first five numbers are raw columns."""
        pictures = image.float().flatten(2)[:, [channel for channel, _ in _MEASUREMENTS]]
        source = adaptive_moments(pictures, self.widths, self.plane)
        return describe_shape(source, beam_moments(beam.float()))

    def _known(self, image: Tensor, beam: Tensor, shapes: Tensor, frame: Frame) -> Tensor:
        """All that the head is given, along the axis, shape (batch, number)."""
        mean, cos, sin = measure_harmonics(image.float().flatten(2), self.rings, _RINGS)
        cos, sin = frame.turn_harmonics(cos, sin)
        log_sigma, beam_cos, beam_sin = beam.float().unbind(-1)
        beam_sin, beam_cos = frame.turn_double(beam_sin, beam_cos)
        turned_beam = torch.stack([log_sigma, beam_cos, beam_sin], dim=-1)
        return torch.cat([v.flatten(1) for v in (shapes, turned_beam, mean, cos, sin)], dim=1)

    def forward(self, image: Tensor, beam: Tensor) -> Tensor:
        """Raw answers.

        Parameters
        ----------
        image : shape (batch, 2, 64, 64), dimensionless
            As `COMPACT_IMAGE` states.
        beam : shape (batch, 3), dimensionless
            As `COMPACT_BEAM` states.

        Returns
        -------
        shape (batch, 5), dimensionless
            Columns `netzoo.COLUMNS`.
        """
        # In full precision: moments are differences of large sums.
        with torch.autocast(image.device.type, enabled=False):
            shapes = self.measure(image, beam)
            frame = Frame.along(shapes[:, 0, 1], shapes[:, 0, 2])
            shapes = turn_shape(shapes, frame)
            known = self._known(image, beam, shapes, frame)
        first = shapes[:, None, 0, : len(COLUMNS)] * self.column_signs
        views = (known[:, None] * self.known_signs).flatten(0, 1)
        said = self.head(self.norm(views)).unflatten(0, first.shape[:2])
        correction, keep = said.chunk(2, dim=-1)
        # 1 is added so that training starts with most of the measurement kept.
        answers = (correction + torch.sigmoid(keep + 1) * first) * self.column_signs
        incl, sin2, cos2, across, along = answers.mean(dim=1).unbind(-1)
        turned = [*frame.turn_double_back(sin2, cos2), *frame.turn_place_back(across, along)]
        return torch.stack([incl, *turned], dim=-1)


DISCONET_COMPACT = NetworkFactory(
    ModelCard(
        "disconet-compact",
        "0.2.0",
        "disconet-compact",
        (COMPACT_IMAGE, COMPACT_BEAM),
        DISK_OUTPUTS,
        limits=DISK_LIMITS,
        usable=DISK_RULES,
    ),
    CompactDiscoNet,
)
"""Factory of `CompactDiscoNet`, registered as ``disconet-compact``."""
