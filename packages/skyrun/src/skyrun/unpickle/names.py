"""The names that a pickle may ask for, and the kind of inert record that each becomes."""

from __future__ import annotations

from collections.abc import Mapping

_NUMPY_REBUILD = {"_reconstruct": "array", "scalar": "scalar", "_frombuffer": "frombuffer"}
_BUILTINS = ("set", "frozenset", "list", "dict", "bytes", "bytearray", "complex", "slice", "range")
_PANDAS = {k: k for k in ("DataFrame", "Series", "Index", "MultiIndex", "RangeIndex", "NA")}
_NUMBER_INDEX = dict.fromkeys(("Int64Index", "UInt64Index", "Float64Index"), "Index")

_ARROW_STRINGS = ("ArrowStringArray", "ArrowStringArrayNumpySemantics")
_ARROW = {
    "_restore_array": "arrow_array",
    "chunked_array": "arrow_chunks",
    "type_for_alias": "arrow_type",
    "py_buffer": "arrow_buffer",
}

# Module -> name -> kind of record. A name of a module is never enough.
ADMITTED: Mapping[str, Mapping[str, str]] = {
    "numpy": {"ndarray": "ndarray", "dtype": "dtype"},
    "numpy.core.multiarray": _NUMPY_REBUILD,
    "numpy._core.multiarray": _NUMPY_REBUILD,
    "numpy.core.numeric": {"_frombuffer": "frombuffer"},
    "numpy._core.numeric": {"_frombuffer": "frombuffer"},
    "builtins": {k: k for k in _BUILTINS},
    "__builtin__": {**{k: k for k in _BUILTINS}, "xrange": "range"},
    "collections": {"OrderedDict": "OrderedDict"},
    "datetime": {k: k for k in ("datetime", "date", "time", "timedelta")},
    "_codecs": {"encode": "encode"},
    "pandas": {**_PANDAS, "StringDtype": "string_type"},
    "pandas.arrays": {"StringArray": "strings", "ArrowStringArray": "arrow_strings"},
    "pandas.core.arrays.string_arrow": dict.fromkeys(_ARROW_STRINGS, "arrow_strings"),
    "pyarrow.lib": _ARROW,
    "pandas._libs.missing": {"NA": "NA"},
    "pandas._libs.arrays": {"__pyx_unpickle_NDArrayBacked": "new_backed"},
    "pandas._libs.internals": {"_unpickle_block": "block"},
    "pandas.core.frame": {"DataFrame": "DataFrame"},
    "pandas.core.series": {"Series": "Series"},
    "pandas.core.indexes.base": {"Index": "Index", "_new_Index": "new_index"},
    "pandas.core.indexes.multi": {"MultiIndex": "MultiIndex"},
    "pandas.core.indexes.range": {"RangeIndex": "RangeIndex"},
    "pandas.core.indexes.numeric": _NUMBER_INDEX,
    "pandas.core.internals.managers": {"BlockManager": "manager", "SingleBlockManager": "manager"},
    "pandas.core.internals.blocks": {"new_block": "block"},
    "pandas.core.arrays.string_": {"StringArray": "strings", "StringDtype": "string_type"},
}
