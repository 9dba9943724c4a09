from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skymodels import CatalogueRow, draw_catalogue, read_catalogue, write_catalogue
from skymodels.catalogue_files import format_catalogue, scan_catalogue
from skymodels.catalogue_rows import COLUMNS
from skymodels.errors import CatalogueError
from skytypes.errors import InputError
from skytypes.seeds import seed_of_name

ROWS = draw_catalogue(3, seed=42)
TEXT = format_catalogue(ROWS)


def changed(column: str, value: str, *, line: int = 3) -> str:
    lines = TEXT.splitlines()
    fields = lines[line - 1].split(",")
    fields[COLUMNS.index(column)] = value
    lines[line - 1] = ",".join(fields)
    return "\n".join(lines) + "\n"


def without(*columns: str) -> str:
    keep = [i for i, c in enumerate(COLUMNS) if c not in columns]
    return "".join(",".join(line.split(",")[i] for i in keep) + "\n" for line in TEXT.splitlines())


def stored(folder: Path, text: str | bytes) -> Path:
    path = folder / "disks.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_written_and_read_are_the_same_bits(tmp_path: Path) -> None:
    rows = draw_catalogue(200, seed=7)
    write_catalogue(tmp_path / "c.csv", rows)
    assert read_catalogue(tmp_path / "c.csv") == rows


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("flux_jy", "-0.01"),
        ("flux_jy", "lots"),
        ("flux_jy", "nan"),
        ("flux_jy", "inf"),
        ("flux_jy", ""),
        ("incl_deg", "90.5"),
        ("incl_deg", "-1"),
        ("pa_deg", "181"),
        ("rout_arcsec", "0"),
        ("rmin_arcsec", "9.0"),
        ("array_cfg", "alma.cycle1.1.cfg"),
        ("array_lo", "none"),
        ("band", "7"),
        ("band", "6.5"),
        ("niter", "1e99"),
        ("niter", "-1"),
        ("seed", "-1"),
        ("seed", str(2**64)),
        ("pwv", "0"),
        ("time_s", "0"),
        ("pixel_mas", "0"),
        ("dx_arcsec", "1000"),
        ("pa_deg", "1_0"),
        ("incl_deg", "１２"),
        ("incl_deg", "1 2"),
        ("flux_jy", "0x1"),
        ("flux_jy", "1e"),
        ("flux_jy", "\u00a00.01"),
        ("rmin_arcsec", ""),
        ("rout_arcsec", "Infinity"),
        ("rout_arcsec", "."),
        ("niter", "1_000"),
        ("niter", "٣٠٠"),
        ("band", "６"),
        ("seed", "1_0"),
        ("seed", "true"),
        ("ID", ""),
        ("ID", "../../etc/passwd"),
        ("ID", "a/b"),
        ("ID", "a\\b"),
        ("ID", ".hidden"),
        ("ID", "a..b"),
        ("ID", "x" * 65),
        ("ID", "Disk 1"),
        ("ID", "Disk_001"),
        ("ID", "DISK_001"),
    ],
)
def test_bad_value_is_one_line(tmp_path: Path, column: str, value: str) -> None:
    path = stored(tmp_path, changed(column, value))
    with pytest.raises(CatalogueError) as caught:
        read_catalogue(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: line 3, column {column}: {value[:60]!r}; give ")
    assert "\n" not in said


@pytest.mark.parametrize("column", COLUMNS[:11])
def test_missing_column_is_named(tmp_path: Path, column: str) -> None:
    with pytest.raises(CatalogueError, match=f"column {column} is missing"):
        read_catalogue(stored(tmp_path, without(column)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "column ID is missing"),
        (",".join(COLUMNS) + "\n", "has a header and no row"),
        (TEXT.replace("pa_deg", "incl_deg", 1), "column pa_deg is missing"),
        (TEXT.replace("\n", ",1\n").replace(",1\n", ",seed\n", 1), "column seed is given twice"),
        (TEXT.replace("dx_arcsec", "dx_arcsecs", 1), "did you mean dx_arcsec?"),
        (TEXT + "Disk_004,1\n", "line 5, 2 fields; give 16"),
        (TEXT + '"Disk_004,1\n', "is not CSV"),
        (TEXT.encode("utf-16"), "is not UTF-8"),
        (TEXT.encode() + b"\xff\n", "is not UTF-8"),
    ],
)
def test_bad_file_is_one_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(InputError, match=said.replace("?", r"\?")) as caught:
        read_catalogue(stored(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_too_large_is_refused_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(InputError, match="at most"):
        read_catalogue(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_catalogue(tmp_path / "none.csv")


def test_accepted_byte_order_mark_blank_lines_spaces_and_windows_ends(tmp_path: Path) -> None:
    text = "\ufeff" + TEXT.replace(",", " , ").replace("\n", "\r\n") + "\r\n"
    assert read_catalogue(stored(tmp_path, text)) == ROWS


@pytest.mark.parametrize("value", ["+30", "30.", "3e1", "3.0E+01", "030", " 30\t"])
def test_decimal_numbers_are_accepted(tmp_path: Path, value: str) -> None:
    rows = read_catalogue(stored(tmp_path, changed("incl_deg", value)))
    assert rows[1].incl_deg == 30.0


def test_other_columns_are_ignored(tmp_path: Path) -> None:
    text = TEXT.replace("\n", ",0\n").replace(",0\n", ",distance_pc\n", 1)
    assert read_catalogue(stored(tmp_path, text)) == ROWS


def test_someone_elses_catalogue(tmp_path: Path) -> None:
    text = without("dx_arcsec", "dy_arcsec", "pixel_mas", "seed", "array_lo")
    rows = read_catalogue(stored(tmp_path, text))
    for row, ours in zip(rows, ROWS, strict=True):
        assert (row.dx_arcsec, row.dy_arcsec, row.array_lo) == (0, 0, "alma.cycle9.5.cfg")
        assert row.pixel_mas == ours.pixel_mas
        assert row.seed == seed_of_name(row.ID)


def test_scan_goes_on_after_a_bad_row(tmp_path: Path) -> None:
    path = stored(tmp_path, changed("band", "7"))
    rows, problems = scan_catalogue(path)
    assert [r.ID for r in rows] == ["Disk_001", "Disk_003"]
    assert problems == [f"{path}: line 3, column band: '7'; give 6 or 8"]


@given(st.binary(max_size=400))
def test_any_bytes_are_rows_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "c.csv"
    path.write_bytes(TEXT.encode() + raw)
    try:
        rows, problems = scan_catalogue(path)
    except InputError as error:
        assert "\n" not in str(error)
        return
    assert rows[: len(ROWS)] == ROWS or problems
    assert all(isinstance(row, CatalogueRow) for row in rows)


def test_nothing_to_write(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no row to write"):
        write_catalogue(tmp_path / "c.csv", [])
    with pytest.raises(CatalogueError, match="used once"):
        write_catalogue(tmp_path / "c.csv", [ROWS[0], ROWS[0]])
    assert not list(tmp_path.iterdir())
