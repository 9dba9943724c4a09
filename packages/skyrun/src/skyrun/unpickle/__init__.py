"""Reading pickles of strangers: numpy and pandas data, and no code.

Two steps. The opcodes put plain data and inert records together (`machine`; `records`, by the names
in `names`), so that loading calls nothing. Then data are rebuilt from the records (`rebuilding`) by
the public makers of numpy (`arrays`), pandas (`tables`, `strings`) and Python (`plain`), every size
checked; this also opens tables that another version of pandas wrote. Both take from one allowance
of memory, and look at keys before these are hashed (`allowance`).
"""

from .loading import safe_load

__all__ = ["safe_load"]
