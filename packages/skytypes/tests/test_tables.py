import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skytypes import DatasetTable
from skytypes.errors import ContractError, InputError

names = st.text(min_size=1, max_size=8).filter(
    lambda n: bool(n.strip()) and n != "id" and not n.startswith("input:")
)
paths = st.lists(
    st.text(
        st.characters(exclude_characters="/\\\0:", exclude_categories=["Cs"]),
        min_size=1,
        max_size=6,
    ).filter(lambda p: p != ".."),
    min_size=1,
    max_size=3,
).map("/".join)
numbers = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def tables(draw: st.DrawFn) -> DatasetTable:
    inputs = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    labels = draw(st.lists(names, max_size=3, unique=True))
    ids = draw(
        st.lists(
            st.text(min_size=1, max_size=8).filter(lambda i: bool(i.strip())),
            min_size=1,
            max_size=4,
            unique=True,
        )
    )
    files = tuple(tuple(draw(paths) for _ in inputs) for _ in ids)
    values = tuple(tuple(draw(numbers) for _ in labels) for _ in ids)
    return DatasetTable(tuple(inputs), tuple(labels), files, values, tuple(ids))


@given(tables())
def test_any_table_survives_csv(table: DatasetTable) -> None:
    """Commas, quotes, line ends of every kind, letters of every script; numbers bit for bit."""
    assert DatasetTable.from_csv(table.to_csv()) == table


def test_empty_cells_are_admitted_where_they_are_asked_for() -> None:
    text = "input:x,input:y,a,b\nf,,,2\n,g,1, \n"
    table = DatasetTable.from_csv(text, blanks=True)
    assert table.files == (("f", ""), ("", "g"))
    assert math.isnan(table.values[0][0])
    assert math.isnan(table.values[1][1])
    assert table.to_csv() == "id,input:x,input:y,a,b\n000000,f,,,2.0\n000001,,g,1.0,\n"
    with pytest.raises(InputError, match="line 2, a: 'nan' is not a finite number"):
        DatasetTable.from_csv("input:x,a\nf,nan\n", blanks=True)
    with pytest.raises(InputError, match="give one relative"):
        DatasetTable.from_csv("input:x\n../f\n", blanks=True)


@given(st.text(max_size=200))
def test_any_text_is_a_table_or_one_line(text: str) -> None:
    try:
        table = DatasetTable.from_csv("input:x,a\n" + text, source="t.csv")
    except InputError as error:
        assert str(error).startswith("t.csv: ")
    else:
        assert table.inputs == ("x",)


def test_columns_in_any_order_and_ids_counted_where_missing() -> None:
    table = DatasetTable.from_csv(
        "incl_deg,input:image,pa_deg\n30,a.fits,1e1\n\n20,b/c.fits,-0.5\n"
    )
    assert table.ids == ("000000", "000001")
    assert table.labels == ("incl_deg", "pa_deg")
    assert table.files == (("a.fits",), ("b/c.fits",))
    assert table.values == ((30.0, 10.0), (20.0, -0.5))


def test_what_spreadsheets_write_is_read() -> None:
    text = '\ufeffid,input:image,incl_deg\r\n"Disk, 1",a.fits,30\r\n'
    assert DatasetTable.from_csv(text).ids == ("Disk, 1",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.csv: no 'input:' column or no row; give both"),
        ("a,b\n1,2\n", "no 'input:' column"),
        ("input:x,a\n", "no row"),
        ("input:x,a\nf\n", "line 2 has 1 fields, not 2"),
        ("input:x,a\nf,1\n\ng,2,3\n", "line 4 has 3 fields, not 2"),
        ("input:x,a\nf,wide\n", "line 2, a: 'wide' is not a finite number"),
        ("input:x,a\nf,nan\n", "line 2, a: 'nan' is not a finite number"),
        ("input:x,a\nf,-inf\n", "'-inf' is not a finite number"),
        ("input:x,a\nf,1e999\n", "'1e999' is not a finite number"),
        ("input:x,a\nf,1_000\n", "'1_000' is not a finite number"),
        ("input:x,a\nf,\n", "line 2, a: '' is not a finite number"),
        ("input:x,a,a\nf,1,2\n", r"columns are empty or given twice: \['a'\]"),
        ("input:x,\nf,1\n", "columns are empty or given twice"),
        ("input:,a\nf,1\n", "columns are empty or given twice"),
        ("id,input:x\nq,f\nq,g\n", r"ids are empty or given twice: \['q'\]"),
        ("input:x\n../f\n", r"path '\.\./f': give one relative to the table and inside"),
        ("input:x\na/../../f\n", "give one relative"),
        ("input:x\n/etc/passwd\n", "path '/etc/passwd': give one relative"),
        ("input:x\nC:\\f\n", "give one relative"),
        ("input:x\n..\\f\n", "give one relative"),
        ("input:x\n\\\\host\\share\n", "give one relative"),
        ('input:x\n""\n', "path '': give one relative"),
        ("input:x\na\0b\n", "give one relative|not CSV"),
        ('input:x,a\n"f,1\n', "line 2 has 1 fields|not CSV"),
        ("input:x,a\n" + "f" * 200_000 + ",1\n", "line 2 is not CSV .field larger than"),
        ("input:x\na\rb\n", "t.csv: "),
    ],
)
def test_hostile_tables_are_refused_in_one_line(text: str, message: str) -> None:
    if message == "t.csv: ":
        # A lone carriage return ends a line, as on old systems.
        assert DatasetTable.from_csv(text).files == (("a",), ("b",))
        return
    with pytest.raises(InputError, match=message):
        DatasetTable.from_csv(text, source="t.csv")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ids": ("1", "2")}, "table has 2 ids, 1 rows of files and 1 of labels"),
        ({"files": (("f", "g"),)}, "a row has 2 files and 1 labels; the table has 1 and 1"),
        ({"values": ((),)}, "a row has 1 files and 0 labels"),
        ({"labels": ("id",)}, r"columns are empty or given twice: \['id'\]"),
        ({"labels": ("",)}, "columns are empty"),
        ({"files": (("/f",),)}, "path '/f'"),
    ],
)
def test_broken_tables_are_refused(change: dict[str, Any], message: str) -> None:
    good: dict[str, Any] = {
        "inputs": ("x",),
        "labels": ("a",),
        "files": (("f",),),
        "values": ((1.0,),),
        "ids": ("1",),
    }
    with pytest.raises(ContractError, match=message):
        DatasetTable(**{**good, **change})


def test_numbers_keep_their_last_bit() -> None:
    value = math.nextafter(0.1, 1)
    table = DatasetTable(("x",), ("a",), (("f",),), ((value,),), ("1",))
    assert DatasetTable.from_csv(table.to_csv()).values == ((value,),)
