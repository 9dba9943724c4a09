"""How every Skyloom command runs: command lines, files, resumable folders, workers."""
