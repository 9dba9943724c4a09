"""Tables written and read back, and files that are damaged or made to do harm."""

from __future__ import annotations

import gzip
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from popmaps import tables
from popmaps.columns import FULL, Column
from popmaps.tables import find_table, iter_table, read_table, write_table
from skytypes import Provenance
from skytypes.errors import ContractError, InputError

Stars = dict[str, Any]
TWO = (Column("P", "s"), Column("seen", "", "bool"))


@pytest.mark.parametrize("ending", [".parquet", ".pkl.gz"])
def test_what_is_written_is_read(
    tmp_path: Path, random_stars: Callable[..., Stars], ending: str
) -> None:
    stars = random_stars(300, 1)
    path = tmp_path / f"a{ending}"
    write_table(path, stars, FULL, Provenance("test", seed=3))
    names = [c.name for c in FULL]
    table = read_table(path, names)
    assert len(table) == 300
    for column in FULL:
        assert np.array_equal(table[column.name], stars[column.name]), column.name
        assert table.units[column.name] == column.unit
    assert table["intercepted_radio"].dtype == bool


def test_a_parquet_has_units_in_its_fields_and_provenance_in_its_schema(tmp_path: Path) -> None:
    provenance = Provenance("test", {"popmaps": "1"}, {"n": 2}, 3)
    frame = pd.DataFrame({"P": [1.0], "seen": [True]})
    write_table(tmp_path / "a.parquet", frame, TWO, provenance)
    schema = pq.read_schema(tmp_path / "a.parquet")
    assert schema.field("P").metadata == {b"unit": b"s"}
    assert json.loads(schema.metadata[b"provenance"])["seed"] == 3


def test_a_pickle_has_two_levels_of_columns_and_depends_on_nothing_but_the_data(
    tmp_path: Path,
) -> None:
    data = {"P": np.array([1.0, 2.0]), "seen": np.array([True, False])}
    write_table(tmp_path / "a.pkl.gz", data, TWO)
    write_table(tmp_path / "b.pkl.gz", data, TWO)
    assert (tmp_path / "a.pkl.gz").read_bytes() == (tmp_path / "b.pkl.gz").read_bytes()
    frame = pd.read_pickle(tmp_path / "a.pkl.gz")  # our own file
    assert frame.columns.tolist() == [("P", "s"), ("seen", "")]
    assert frame["P"]["s"].tolist() == [1.0, 2.0]


def test_chunks_are_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "CHUNK_ROWS", 100)
    write_table(tmp_path / "a.parquet", {"P": np.arange(250.0)}, [Column("P", "s")])
    parts = [part["P"] for part in iter_table(tmp_path / "a.parquet", ["P"])]
    assert [p.size for p in parts] == [100, 100, 50]
    assert np.array_equal(np.concatenate(parts), np.arange(250.0))
    assert read_table(tmp_path / "a.parquet", ["P"])["P"].size == 250


def test_parquet_is_found_before_a_pickle(tmp_path: Path) -> None:
    write_table(tmp_path / "a.pkl.gz", {"P": np.ones(1)}, [Column("P")])
    assert find_table(tmp_path, "a").name == "a.pkl.gz"
    write_table(tmp_path / "a.parquet", {"P": np.ones(1)}, [Column("P")])
    assert find_table(tmp_path, "a").name == "a.parquet"
    with pytest.raises(InputError, match=r"no b\.parquet or b\.pkl\.gz"):
        find_table(tmp_path, "b")


def test_what_can_not_be_written_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="no column 'P'"):
        write_table(tmp_path / "a.parquet", {}, TWO)
    with pytest.raises(ContractError, match="give one length to all"):
        write_table(tmp_path / "a.parquet", {"P": np.ones(2), "seen": np.ones(3)}, TWO)
    with pytest.raises(InputError, match=r"neither \.parquet nor \.pkl\.gz"):
        write_table(tmp_path / "a.csv", {"P": np.ones(2), "seen": np.ones(2)}, TWO)
    assert not list(tmp_path.iterdir())


class Harm:
    """Would run a command when loaded."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch harmed",)


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_table(path, ["P"])
    message = str(caught.value)
    assert path.name in message
    assert "\n" not in message
    return message


def test_a_pickle_that_would_run_code_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a.pkl.gz"
    path.write_bytes(gzip.compress(pickle.dumps({"P": Harm()})))
    assert "posix.system" in refused(path)
    assert not (tmp_path / "harmed").exists()


def test_a_gzip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_PICKLE_BYTES", 1 << 20)
    path = tmp_path / "a.pkl.gz"
    path.write_bytes(gzip.compress(pickle.dumps(np.zeros(1 << 20))))
    assert "grows over" in refused(path)


@pytest.mark.parametrize("ending", [".parquet", ".pkl.gz"])
def test_a_truncated_file_is_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    write_table(path, {"P": np.arange(1000.0)}, [Column("P", "s")])
    path.write_bytes(path.read_bytes()[:-100])
    assert "damaged" in refused(path)


@pytest.mark.parametrize("ending", [".parquet", ".pkl.gz"])
def test_a_missing_column_and_no_rows_are_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    write_table(path, {"Q": np.ones(3)}, [Column("Q")])
    assert "no column 'P'; exactly one is needed" in refused(path)
    write_table(path, {"P": np.ones(0)}, [Column("P")])
    assert "no rows; a table needs at least one" in refused(path)
    table = read_table(path, ["P"], allow_empty=True)
    assert (len(table), table.units) == (0, {"P": ""})
    with pytest.raises(InputError, match="no column 'Q'"):
        read_table(path, ["Q"], allow_empty=True)


def test_text_in_a_column_of_numbers_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"P": ["0.5", "x"]}), tmp_path / "a.parquet")
    assert "column 'P' holds string; numbers are needed" in refused(tmp_path / "a.parquet")
    frame = pd.DataFrame({("P", "s"): [0.5, "fast"]})
    path = tmp_path / "a.pkl.gz"
    path.write_bytes(gzip.compress(pickle.dumps(frame)))
    assert "column 'P', row 1: 'fast' is not a number" in refused(path)
    nested: object = ()
    for _ in range(60):
        nested = (nested, nested)
    path.write_bytes(gzip.compress(pickle.dumps(pd.DataFrame({"P": [0.5, nested]}))))
    assert "column 'P', row 1: a tuple is not a number" in refused(path)


def test_a_column_given_twice_and_what_is_no_table_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pkl.gz"
    frame = pd.DataFrame([[1.0, 2.0]], columns=pd.MultiIndex.from_tuples([("P", "s"), ("P", "h")]))
    path.write_bytes(gzip.compress(pickle.dumps(frame)))
    assert "2 column 'P'" in refused(path)
    path.write_bytes(gzip.compress(pickle.dumps({"P": [1.0]})))
    assert "holds no table but dict" in refused(path)


def test_numbers_kept_as_objects_are_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({("P", "s"): pd.Series([1, 2.5, True], dtype=object)})
    path = tmp_path / "a.pkl.gz"
    path.write_bytes(gzip.compress(pickle.dumps(frame)))
    assert read_table(path, ["P"])["P"].tolist() == [1.0, 2.5, 1.0]


def test_missing_values_are_no_numbers(tmp_path: Path) -> None:
    pq.write_table(pa.table({"P": pa.array([1.5, None])}), tmp_path / "a.parquet")
    assert np.isnan(read_table(tmp_path / "a.parquet", ["P"])["P"]).tolist() == [False, True]


def test_too_many_rows_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_table(tmp_path / "a.parquet", {"P": np.ones(2000)}, [Column("P")])
    monkeypatch.setattr(tables, "MAX_ARRAY_BYTES", 8000)
    assert "2000 rows, more than is read" in refused(tmp_path / "a.parquet")
    assert sum(len(p) for p in iter_table(tmp_path / "a.parquet", ["P"])) == 2000
