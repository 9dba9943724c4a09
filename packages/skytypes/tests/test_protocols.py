from collections.abc import Sequence

import numpy as np

from skytypes import ArrayDataset, ImageSimulator, ModelCard, ModelFactory, Sample, SkySource
from skytypes.protocols import BatchDataset, CardFactory, batch_of, factory_for


class Numbers:
    def __len__(self) -> int:
        return 5

    def __getitem__(self, index: int) -> Sample:
        return Sample({"x": np.float32(index)}, {"y": np.float32(-index)})


class Batched(Numbers):
    asked: Sequence[int] = ()

    def batch(self, indices: Sequence[int]) -> Sample:
        self.asked = indices
        values = np.asarray(indices, np.float32)
        return Sample({"x": values}, {"y": -values}, len(indices))


def test_batch_of_stacks_items_in_the_order_asked_for() -> None:
    batch = batch_of(Numbers(), [3, 0, 3])
    assert batch.size == 3
    assert batch.inputs["x"].tolist() == [3, 0, 3]
    assert batch.labels["y"].tolist() == [-3, 0, -3]


def test_batch_of_uses_the_datasets_own_batch() -> None:
    dataset = Batched()
    assert batch_of(dataset, [4, 1]).inputs["x"].tolist() == [4, 1]
    assert dataset.asked == [4, 1]


def test_protocols_are_told_apart_at_run_time() -> None:
    assert isinstance(Numbers(), ArrayDataset)
    assert not isinstance(Numbers(), BatchDataset)
    assert isinstance(Batched(), BatchDataset)
    for protocol in (SkySource, ImageSimulator, ModelFactory):
        assert not isinstance(Numbers(), protocol)


class OneSize:
    card = ModelCard("toy", "0", "toy", (), ())

    def build(self) -> str:
        return "network"


class ManySizes(OneSize):
    def for_card(self, card: ModelCard) -> OneSize:
        made = OneSize()
        made.card = card
        return made


def test_a_factory_is_made_for_a_card_where_it_can_be() -> None:
    card = ModelCard("other", "0", "toy", (), ())
    one, many = OneSize(), ManySizes()
    assert factory_for(one, card) is one
    assert factory_for(many, card).card == card
    assert isinstance(many, CardFactory)
    assert not isinstance(one, CardFactory)
