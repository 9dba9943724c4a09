"""Populations: settings, runs, sweeps of parameters."""
