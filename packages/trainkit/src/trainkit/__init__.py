"""The training loops: data loading, objectives, metrics, checkpoints."""
