"""`DiscoNet` against the published description, written out by hand."""

from itertools import pairwise

import torch

from netzoo import COLUMNS, DISCONET, DISCONET_COMPACT, DiscoNet

PARAMETERS = 19_136_165
WIDTHS = [32, 64, 128, 256, 512, 512]
NORM = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]


def published_shapes() -> dict[str, tuple[int, ...]]:
    """Every key of the published state dict that holds trained numbers, with its shape."""
    shapes: dict[str, tuple[int, ...]] = {"stem.0.weight": (32, 3, 3, 3)}
    norms = {"stem.1": 32}
    for stage, (a, b) in enumerate(pairwise(WIDTHS), start=1):
        shapes[f"enc{stage}.0.net.0.weight"] = (a, a, 3, 3)
        shapes[f"enc{stage}.0.net.3.weight"] = (a, a, 3, 3)
        shapes[f"enc{stage}.1.weight"] = (b, a, 3, 3)
        norms |= {f"enc{stage}.0.net.1": a, f"enc{stage}.0.net.4": a, f"enc{stage}.2": b}
    for norm, width in norms.items():
        for name in NORM:
            shapes[f"{norm}.{name}"] = () if name == "num_batches_tracked" else (width,)
    for layer, (a, b) in {1: (8192, 1024), 4: (1024, 512), 7: (512, 5)}.items():
        shapes |= {f"head.{layer}.weight": (b, a), f"head.{layer}.bias": (b,)}
    return shapes


def test_parameter_count() -> None:
    assert DISCONET.parameter_count() == PARAMETERS
    assert sum(p.numel() for p in DiscoNet().parameters()) == PARAMETERS


def test_state_dict_has_the_published_names_and_shapes() -> None:
    state = {key: tuple(value.shape) for key, value in DiscoNet().state_dict().items()}
    assert state == published_shapes()


def test_dropout_rates_and_order_of_layers() -> None:
    head = [type(layer).__name__ for layer in DiscoNet().head]
    assert head == [
        "Flatten", "Linear", "ReLU", "Dropout", "Linear", "ReLU", "Dropout", "Linear",
    ]  # fmt: skip
    rates = [m.p for m in DiscoNet().modules() if isinstance(m, torch.nn.Dropout)]
    assert rates == [0.45, 0.30]


def test_the_stages_halve_the_picture_five_times() -> None:
    network = DiscoNet().eval()
    x = network.stem(torch.zeros(1, 3, 128, 128))
    shapes = [tuple(x.shape[1:])]
    for stage in (network.enc1, network.enc2, network.enc3, network.enc4, network.enc5):
        x = stage(x)
        shapes.append(tuple(x.shape[1:]))
    assert shapes == [(w, s, s) for w, s in zip(WIDTHS, (128, 64, 32, 16, 8, 4), strict=True)]


def test_columns_are_the_checkpoints() -> None:
    assert COLUMNS == ("incl/90", "sin2PA", "cos2PA", "dx/0.14", "dy/0.14")


def test_compact_is_at_most_seven_hundred_thousand_parameters() -> None:
    count = DISCONET_COMPACT.parameter_count()
    assert count <= 700_000
    assert count == 171_560
