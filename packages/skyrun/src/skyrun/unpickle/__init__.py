"""Reading pickles of strangers: numpy and pandas data, and no code.

Three steps. The opcodes are scanned for what would take memory by its mere number. The unpickler
then looks up nothing but inert records (`records`, by the names in `names`), so that loading calls
nothing. At last data are rebuilt from the records by the public makers of numpy (`arrays`), pandas
(`tables`, `strings`) and Python (`plain`), every size checked; this also opens tables that another
version of pandas wrote.
"""

from .loading import safe_load

__all__ = ["safe_load"]
