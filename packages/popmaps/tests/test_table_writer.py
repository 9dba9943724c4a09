from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from popmaps import table_writer as writer_module
from popmaps.columns import Column
from popmaps.table_writer import table_writer, write_table
from popmaps.tables import read_table
from skytypes.errors import ContractError

COLUMNS = (Column("idx", "", "int64"), Column("P", "s"), Column("seen", "", "bool"))


def rows(start: int, stop: int) -> dict[str, np.ndarray]:
    index = np.arange(start, stop)
    return {"idx": index, "P": index / 7, "seen": index % 3 == 0}


@pytest.mark.parametrize("ending", [".parquet", ".pkl.gz"])
@given(cuts=st.lists(st.integers(0, 95), max_size=6).map(sorted))
def test_the_file_does_not_depend_on_how_its_rows_came(
    ending: str, cuts: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer_module, "ROW_GROUP", 10)
        write_table(folder / f"whole{ending}", rows(0, 95), COLUMNS)
        with table_writer(folder / f"parts{ending}", COLUMNS) as write:
            for start, stop in zip([0, *cuts], [*cuts, 95], strict=True):
                write(rows(start, stop))
    assert (folder / f"parts{ending}").read_bytes() == (folder / f"whole{ending}").read_bytes()
    table = read_table(folder / f"parts{ending}", ["idx", "P", "seen"])
    assert all(np.array_equal(table[name], values) for name, values in rows(0, 95).items())


@pytest.mark.parametrize("ending", [".parquet", ".pkl.gz"])
def test_a_stopped_writer_leaves_nothing(ending: str, tmp_path: Path) -> None:
    def stopped() -> None:
        with table_writer(tmp_path / f"a{ending}", COLUMNS) as write:
            write(rows(0, 3))
            write({"P": np.zeros(2)})

    with pytest.raises(ContractError, match="no column 'idx'"):
        stopped()
    assert not list(tmp_path.iterdir())
