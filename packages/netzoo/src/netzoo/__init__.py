"""The models: one file a family, with their input specifications and cards."""
