"""ONNX export and inference at the edge, decoded to physical units from the card alone."""
