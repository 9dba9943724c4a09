"""What a network sees of a picture, and what its raw numbers mean: the round trip of a label.

A source lies 0.3" east and 0.2" north of the reference position. The specification says: take the
window around the source, bring it to 16 x 16 pixels, stretch it. The label becomes the raw answer
that a network would be taught, and decoding gives the label back.
"""

import numpy as np

from skytypes import Beam, ModelCard, SkyImage, decode, encode
from skytypes.decoding import encode_labels
from skytypes.samples import image_sample
from skytypes.specs import Channel, Operation, OutputSpec, TensorSpec

# Row 0 is south and column 0 is east, so east is towards smaller columns.
side, pixel = 96, 0.02
row, column = np.mgrid[:side, :side]
east, north = -(column - side // 2) * pixel, (row - side // 2) * pixel
picture = np.exp(-((east - 0.3) ** 2 + (north - 0.2) ** 2) / 0.08**2)
sky = SkyImage(picture, pixel, "Jy/beam", beam=Beam(0.06, 0.05, 20.0), name="example")

window = (Operation("crop", {"mode": "source"}), Operation("resample", {"size": 16}))
spec = TensorSpec("image", (1, 16, 16), (Channel("sky", (*window, Operation("stretch"))),))
outputs = (
    OutputSpec("dx_arcsec", "arcsec", "field_fraction", (0,), axis="x"),
    OutputSpec("dy_arcsec", "arcsec", "field_fraction", (1,), axis="y"),
)
card = ModelCard("example", "0.1.0", "example", (spec,), outputs)

sample = image_sample(sky, {"dx_arcsec": 0.3, "dy_arcsec": 0.2})
tensors = encode(card.inputs, sample)
raw = encode_labels(card.inputs, card.outputs, sample)
answers = decode(card, raw, sample)

print("the network sees", tensors["image"].shape)
print("it is taught", [round(float(value), 3) for value in raw[0]])
print("which means", {name: round(float(value[0]), 3) for name, value in answers.items()})
print("the card is", len(card.to_json()), "bytes of JSON")
