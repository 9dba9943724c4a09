"""The machine learning of a network of small telescopes (skeleton)."""
