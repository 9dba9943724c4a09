"""A busy machine is no failure."""

from hypothesis import settings

settings.register_profile("skymodels", deadline=None)
settings.load_profile("skymodels")
