"""Neutron-star populations to density maps, datasets and splits (skeleton)."""
