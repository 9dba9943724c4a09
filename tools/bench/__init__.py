"""Benchmarks: each is a script that prints its report."""
