"""The casa backend: the installed CASA as a worker process, and what is asked of it."""
