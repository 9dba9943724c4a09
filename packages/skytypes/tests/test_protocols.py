from collections.abc import Sequence

import numpy as np

from skytypes import ArrayDataset, ImageSimulator, ModelFactory, Sample, SkySource
from skytypes.protocols import BatchDataset, batch_of


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
