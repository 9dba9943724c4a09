"""Each check passes what keeps the contract and catches each way of breaking it."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from skytypes import Beam, ModelCard, Observation, Sample, SkyImage, item_rng
from skytypes.checks import check_dataset, check_model_factory, check_simulator, check_sky_source
from skytypes.errors import ContractError
from skytypes.specs import Channel, OutputSpec, TensorSpec

COUNTER = itertools.count()


class Dataset:
    """Items of noise; ``spoil`` changes a sample before it is given out."""

    def __init__(self, spoil: Callable[[Sample, int], Any] | None = None, count: int = 6) -> None:
        self.spoil = spoil
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        noise = item_rng(1, index, "test").normal(size=(3, 3)).astype(np.float32)
        sample = Sample({"image": noise}, {"incl_deg": np.float32(index)})
        return self.spoil(sample, index) if self.spoil else sample


class BatchedDataset(Dataset):
    def __init__(self, shift: float = 0.0) -> None:
        super().__init__()
        self.shift = np.float32(shift)

    def batch(self, indices: Sequence[int]) -> Sample:
        items = [self[i] for i in indices]
        return Sample(
            {"image": np.stack([s.inputs["image"] for s in items]) + self.shift},
            {"incl_deg": np.stack([s.labels["incl_deg"] for s in items])},
            len(items),
        )


def test_good_datasets_pass() -> None:
    check_dataset(Dataset())
    check_dataset(Dataset(count=1))
    check_dataset(BatchedDataset())


def in_double(sample: Sample, _: int) -> Sample:
    return sample.map(lambda a: np.asarray(a, np.float64))


def with_nan(sample: Sample, index: int) -> Sample:
    return Sample(sample.inputs, {"incl_deg": np.float32(np.nan)}) if index == 2 else sample


def other_each_time(sample: Sample, _: int) -> Sample:
    return Sample({"image": sample.inputs["image"] + np.float32(next(COUNTER))}, sample.labels)


def other_labels_each_time(sample: Sample, _: int) -> Sample:
    return Sample(sample.inputs, {"incl_deg": np.float32(next(COUNTER))})


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (Dataset(count=0), "the dataset is empty"),
        (Dataset(in_double), "item 0: 'image' is float64, not float32"),
        (Dataset(with_nan), "item 2: 'incl_deg' is not finite"),
        (Dataset(lambda s, _: s.as_batch()), "item 0 is a batch; give a single Sample"),
        (Dataset(lambda s, _: s.inputs), "item 0 is a dict, not a Sample"),
        (Dataset(other_each_time), "item 3 differs when it is made again; draw with item_rng"),
        (Dataset(other_labels_each_time), "item 3 differs when it is made again"),
        (BatchedDataset(shift=1e-3), r"batch\(\) gives item 3 other bits than the item itself"),
    ],
)
def test_broken_datasets_are_caught(dataset: Dataset, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        check_dataset(dataset)


SKY = SkyImage(np.ones((4, 4)), 0.1, "Jy/pixel", truth={"incl_deg": 1.0})


class Skies:
    def __init__(self, make: Callable[[int], Any], count: int = 3) -> None:
        self.make, self.count = make, count

    def __len__(self) -> int:
        return self.count

    def sky(self, index: int) -> SkyImage:
        made: SkyImage = self.make(index)
        return made


def test_good_skies_pass() -> None:
    check_sky_source(Skies(lambda i: replace(SKY, data=SKY.data * i)))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Skies(lambda _: SKY, count=0), "has no sky"),
        (Skies(lambda _: SKY.data), "sky 0 is a ndarray, not SkyImage"),
        (Skies(lambda _: replace(SKY, unit="K")), "sky 0 is in K; give Jy/pixel"),
        (Skies(lambda _: replace(SKY, data=SKY.data * next(COUNTER))), "sky 0 differs when it is"),
        (Skies(lambda _: replace(SKY, truth={"incl_deg": next(COUNTER)})), "sky 0 differs"),
    ],
)
def test_broken_skies_are_caught(source: Skies, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        check_sky_source(source)


class Simulator:
    def __init__(self, spoil: Callable[[SkyImage], SkyImage] = lambda s: s) -> None:
        self.spoil = spoil

    def observe(self, sky: SkyImage, *, seed: int) -> Observation:
        noise = item_rng(seed, 0, "test").normal(size=sky.data.shape)
        image = replace(sky, data=sky.data + noise, unit="Jy/beam", beam=Beam(0.3, 0.2, 0.0))
        return Observation(self.spoil(image))


class Bare(Simulator):
    def observe(self, sky: SkyImage, *, seed: int) -> Observation:
        return sky  # type: ignore[return-value]  # the fault that the check must find


def test_a_good_simulator_passes() -> None:
    check_simulator(Simulator(), SKY, seed=3)
    # 0 and 360 degrees are the same place.
    near_zero = replace(SKY, ra_deg=0.0)
    check_simulator(Simulator(lambda s: replace(s, ra_deg=359.9999999)), near_zero)


@pytest.mark.parametrize(
    ("simulator", "message"),
    [
        (Bare(), "gave a SkyImage, not an Observation"),
        (Simulator(lambda s: replace(s, unit="Jy/pixel")), "image is in Jy/pixel; give Jy/beam"),
        (Simulator(lambda s: replace(s, ra_deg=s.ra_deg + 0.1)), "image points 0.1 deg away"),
        (Simulator(lambda s: replace(s, dec_deg=s.dec_deg - 0.2)), "image points 0.2 deg away"),
        (
            Simulator(lambda s: replace(s, data=s.data + next(COUNTER))),
            "the image differs under the same seed 0",
        ),
    ],
)
def test_broken_simulators_are_caught(simulator: Simulator, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        check_simulator(simulator, SKY)


CARD = ModelCard(
    "toy",
    "0",
    "toy",
    (TensorSpec("x", (1,), (Channel("x", (), "x"),)),),
    (OutputSpec("y", "", "linear", (0,)),),
)


class Factory:
    def __init__(self, card: Any = CARD, build: Callable[[], object] = object) -> None:
        self.card = card
        self._build = build

    def build(self) -> object:
        return self._build()


def test_a_good_factory_passes() -> None:
    check_model_factory(Factory(), architecture="toy")


ONE_NETWORK = object()


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        (Factory({}), "card is a dict, not a ModelCard"),
        (Factory(replace(CARD, architecture="b")), "names architecture 'b', registered as 'toy'"),
        (Factory(replace(CARD, inputs=())), "card 'toy' has no inputs or no outputs"),
        (Factory(replace(CARD, outputs=())), "card 'toy' has no inputs or no outputs"),
        (Factory(replace(CARD, training={"a": (1,)})), "card changes on its way through JSON"),
        (Factory(build=lambda: ONE_NETWORK), "returns one network twice"),
    ],
)
def test_broken_factories_are_caught(factory: Factory, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        check_model_factory(factory, architecture="toy")
