"""Measure a disk with a network: picture in, inclination, position angle and centre out.

The network here is untrained, so that the script needs no file: its answers mean nothing. With
published weights, `netzoo.load_disconet("weights.pt")` takes the place of `build_network`; with
your own, `network.load_state_dict` reads what trainkit wrote.
"""

import numpy as np
import torch

from netzoo import build_network, zoo
from skytypes import Beam, SkyImage, decode, encode
from skytypes.samples import image_sample


def make_picture() -> SkyImage:
    """A disk of 45 degrees, its major axis at a position angle of 90 degrees (east-west)."""
    y, x = np.mgrid[:200, :200] - 100.0
    return SkyImage(
        np.exp(-0.5 * ((x / 20) ** 2 + (y / 20 / np.cos(np.pi / 4)) ** 2)),
        pixel_scale_arcsec=0.01,
        unit="Jy/beam",
        beam=Beam(0.10, 0.08, 30.0),
    )


def main() -> None:
    """Print what the network says, and what a card says of it."""
    # The card says what the network sees and how its answer is read: nothing else is needed.
    card = zoo()["disconet-compact"].card
    network = build_network("disconet-compact", seed=1).eval()

    sample = image_sample(make_picture())
    tensors = encode(card.inputs, sample)
    with torch.no_grad():
        raw = network(*(torch.as_tensor(tensors[spec.name]) for spec in card.inputs))

    for name, value in decode(card, raw.numpy(), sample).items():
        print(f"{name:12s} {value[0]:8.3f}")
    print("limits:", *card.limits, sep="\n  ")


if __name__ == "__main__":
    main()
