"""Catalogues of real pulsars, and their maps."""
