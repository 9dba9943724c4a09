import math
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from skytypes.errors import InputError
from trainkit.disk_config import PRESETS, FitConfig, preset
from trainkit.map_config import MapsConfig
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
        ("model", 3, "model is 3; give the name of a registered model"),
        ("batch_size", 2.5, "batch_size is 2.5; give a whole number, 2 or more"),
        ("batch_size", math.nan, "batch_size is nan; give a whole number, 2 or more"),
        ("epochs", 1.5, "epochs is 1.5; give a whole number from 1"),
        ("epochs", True, "epochs is True; give a whole number from 1"),
        ("synthetic", 10.5, "synthetic is 10.5; give a whole number from 0"),
        ("repeats", 1.5, "repeats is 1.5; give a whole number, 1 or more"),
        ("lr", "0.1", "lr is '0.1'; give a positive number"),
        ("validation", None, "validation is None; give a share above 0"),
        ("fresh", 1, "fresh is 1; give True or False"),
        ("data", "sims", "data is 'sims'; give a tuple of texts"),
        ("data", (1,), r"data is \(1,\); give a tuple of texts"),
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


def test_every_field_has_its_limits() -> None:
    for config in (FitConfig(), MapsConfig()):
        for field in fields(config):
            with pytest.raises(InputError, match=f"^{field.name} is "):
                type(config)(**{field.name: object()})  # type: ignore[arg-type]


def test_numbers_of_numpy_are_told_as_plain_ones() -> None:
    told = FitConfig(lr=np.float64(0.5), epochs=np.int64(3)).as_dict()  # type: ignore[arg-type]
    assert (told["lr"], told["epochs"]) == (0.5, 3)
    assert (type(told["lr"]), type(told["epochs"])) == (float, int)
