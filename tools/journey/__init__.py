"""The parts of `tools/disk_to_edge.py`: stages, scores, pictures and the page."""
