"""The benchmarks that ``tools/bench/popmaps.py`` runs."""
