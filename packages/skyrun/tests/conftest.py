"""Hypothesis without a stopwatch (the machine may be busy) and without a folder of its own."""

from hypothesis import settings

settings.register_profile("skyloom", deadline=None, database=None, max_examples=50)
settings.load_profile("skyloom")
