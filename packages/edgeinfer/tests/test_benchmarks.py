from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeinfer import bench_model, benchmarks
from edgeinfer.benchmarks import median_interval
from edgeinfer.sessions import Session
from skytypes import ModelCard, Sample, decode, encode
from skytypes.errors import InputError
from skytypes.specs import Channel, OutputSpec, TensorSpec

COSTS_S = {"encode": 1.0, "network": 2.0, "decode": 4.0}


class Clock:
    """Stands still but for what is charged: a test of times that no busy machine can fail."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def perf_counter(self) -> float:
        return self.now_s

    def process_time(self) -> float:
        return self.now_s / 2

    def charged(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            self.now_s += COSTS_S[stage]
            return function(*args, **options)

        return call


def test_every_stage_is_timed_at_every_batch(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(benchmarks, "time", clock)
    monkeypatch.setattr(benchmarks, "encode", clock.charged("encode", encode))
    monkeypatch.setattr(benchmarks, "decode", clock.charged("decode", decode))
    monkeypatch.setattr(Session, "__call__", clock.charged("network", Session.__call__))
    timings = bench_model(exported, repeats=7, batches=(1, 4), pixels=64)
    found = {(t.stage, t.batch): t for t in timings}
    costs = COSTS_S | {"total": sum(COSTS_S.values())}
    assert set(found) == {(s, b) for s in costs for b in (1, 4)}
    for (stage, batch), timing in found.items():
        wall_ms = 1000 * costs[stage] / batch
        assert (timing.wall_low_ms, timing.wall_ms, timing.wall_high_ms) == (wall_ms,) * 3
        assert timing.cpu_ms == wall_ms / 2
        assert timing.repeats == 7


def test_the_clock_is_the_machines(exported: Path) -> None:
    for timing in bench_model(exported, repeats=7, batches=(1, 4), pixels=64):
        assert 0 < timing.wall_low_ms <= timing.wall_ms <= timing.wall_high_ms
        assert timing.cpu_ms >= 0


def test_other_cards_have_only_the_network(small_model: Callable[..., Path]) -> None:
    spec = TensorSpec("image", (1, 8, 8), (Channel("maps", (), "maps"),))
    card = ModelCard("m", "0", "m", (spec,), (OutputSpec("first", "", "linear", (0,)),))
    timings = bench_model(small_model(card, "Flatten", ["batch", 64]), repeats=2)
    assert [(t.stage, t.batch) for t in timings] == [("network", 1), ("network", 32)]
    assert replace(timings[0], stage="x").row()["stage"] == "x"


@pytest.mark.parametrize("count", [6, 15, 50])
def test_the_interval_covers_the_median_as_often_as_it_says(count: int) -> None:
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(2000):
        _, low, high = median_interval(list(rng.exponential(size=count)))
        held += low <= math.log(2) <= high
    # At least 95 %, and no more generous than one order statistic allows.
    assert 0.94 <= held / 2000 <= 0.985


@pytest.mark.parametrize("changes", [{"repeats": 0}, {"batches": (0,)}, {"pixels": 2}])
def test_numbers_below_their_least_are_refused(exported: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="give repeats and batches of 1 or more"):
        bench_model(exported, **changes)


def test_encoding_looks_for_the_window_every_time(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sample remembers its window, so that encoding it again would cost too little."""
    looked = 0
    remember = Sample.remember

    def count(self: Sample, key: tuple[object, ...], find: Callable[[], Any]) -> Any:
        def look() -> Any:
            nonlocal looked
            looked += 1
            return find()

        return remember(self, key, look)

    monkeypatch.setattr(Sample, "remember", count)
    bench_model(exported, repeats=7, batches=(2,), pixels=32)
    # Once before the clock starts; then in every call of encode and of total, warm-up included.
    assert looked == 1 + 2 * (benchmarks._WARM_UP + 7)
