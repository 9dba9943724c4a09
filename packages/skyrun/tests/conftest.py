"""Hypothesis without a stopwatch or a folder of its own; interrupts that reach children."""

import signal

import pytest
from hypothesis import settings

settings.register_profile("skyloom", deadline=None, database=None, max_examples=50)
settings.load_profile("skyloom")


@pytest.fixture(autouse=True, scope="session")
def _interrupts_reach_children() -> None:
    """A background job starts with SIGINT ignored, and its children would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
