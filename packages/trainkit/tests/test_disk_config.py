import math
from typing import Any

import pytest

from skytypes.errors import InputError
from trainkit.disk_config import PRESETS, FitConfig, preset
from trainkit.runtime import Runtime


def test_full_is_the_published_recipe() -> None:
    full = PRESETS["full"]
    assert (full.model, full.picture_px, full.synthetic, full.repeats) == (
        "disconet",
        128,
        20_000,
        40,
    )
    assert (full.lr, full.weight_decay, full.warmup_epochs, full.final_lr) == (3e-4, 1e-3, 5, 0.1)
    assert (full.clip_norm, full.mixup_probability, full.mixup_alpha) == (2.0, 0.5, 0.25)
    assert (full.incl_weight, full.pa_weight, full.centre_weight) == (3.0, 2.0, 0.5)
    assert (full.batch_size, full.epochs, full.validation) == (32, 80, 0.1)
    assert not full.ellipticity


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("lr", 0.0, "lr is 0.0; give a positive number"),
        ("lr", math.nan, "lr is nan; give a positive number"),
        ("lr", math.inf, "lr is inf; give a positive number"),
        ("epochs", 0, "epochs is 0; give a whole number from 1 to 100000"),
        ("batch_size", 1, "batch_size is 1; give a whole number, 2 or more"),
        ("validation", 1.0, "validation is 1.0; give a share above 0 and below 1"),
        ("mixup_probability", 1.5, "mixup_probability is 1.5; give a probability from 0 to 1"),
        ("seed", -1, "seed is -1; give a whole number from 0"),
        ("model", "", "model is ''; give the name of a registered model"),
    ],
)
def test_a_field_out_of_range_is_named(field: str, value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        FitConfig(**{field: value})


def test_an_unknown_preset_or_field_is_named() -> None:
    with pytest.raises(InputError, match="preset is 'slow'; give one of quick, full"):
        preset("slow")
    with pytest.raises(InputError, match="field 'rate' is not known; allowed: batch_size"):
        preset("quick", rate=1.0)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("device", "tpu", "device is 'tpu'; give auto, cpu, cuda"),
        ("threads", -1, "threads is -1"),
        ("memory_gib", math.nan, "memory_gib is nan"),
    ],
)
def test_a_runtime_field_out_of_range_is_named(field: str, value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Runtime(**{field: value})
