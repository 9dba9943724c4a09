"""Synthetic truth for astronomy: protoplanetary disks with every drawn number kept."""
