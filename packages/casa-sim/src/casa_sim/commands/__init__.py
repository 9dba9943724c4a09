"""The verbs of ``casa-sim``, one module each."""
