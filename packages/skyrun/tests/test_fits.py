import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from skyrun.fits import make_header, read_image, write_image
from skytypes import Beam, Provenance, SkyImage
from skytypes.errors import ContractError, InputError

BLOCK = 2880
SKY = SkyImage(
    np.arange(12.0, dtype=np.float32).reshape(3, 4),
    0.02,
    "Jy/beam",
    ra_deg=10.0,
    dec_deg=-30.0,
    frequency_hz=2.3e11,
    beam=Beam(0.06, 0.05, 25.0),
    name="Disk_001",
    truth={"incl_deg": 30.0},
    provenance=Provenance("test", {"numpy": "2"}, {"size": 4}, 1),
)


def close(a: SkyImage, b: SkyImage) -> None:
    """Equal but for the last digits of numbers stored in degrees."""
    assert np.array_equal(a.data, b.data)
    assert a.data.dtype == b.data.dtype
    for name in ("unit", "name", "truth", "provenance"):
        assert getattr(a, name) == getattr(b, name), name
    for x, y in [
        (a.pixel_scale_arcsec, b.pixel_scale_arcsec),
        ((a.ra_deg, a.dec_deg), (b.ra_deg, b.dec_deg)),
        (a.centre_px, b.centre_px),
        (a.frequency_hz, b.frequency_hz),
    ]:
        assert x == pytest.approx(y, rel=1e-12, abs=1e-11)
    assert (a.beam is None) == (b.beam is None)
    if a.beam and b.beam:
        assert a.beam.covariance_arcsec2() == pytest.approx(b.beam.covariance_arcsec2(), rel=1e-9)


def stored(folder: Path, header: dict[str, Any] | None = None, data: Any = None) -> Path:
    """A file with our header, changed by ``header`` (None removes a card)."""
    made = make_header(SKY)
    for key, value in (header or {}).items():
        if value is None:
            del made[key]
        else:
            made[key] = value
    path = folder / "a.fits"
    fits.PrimaryHDU(SKY.data.copy() if data is None else data, made).writeto(path, overwrite=True)
    return path


def raw_file(folder: Path, cards: str, content: bytes = b"") -> Path:
    """A file of cards (one a line) as they stand, and content behind them."""
    lines = [*cards.strip().splitlines(), "END"]
    text = "".join(line.strip().ljust(80) for line in lines)
    path = folder / "raw.fits"
    path.write_bytes(text.ljust(-len(text) // BLOCK * -BLOCK).encode("ascii") + content)
    return path


def test_a_picture_comes_back(tmp_path: Path) -> None:
    write_image(tmp_path / "a.fits", SKY)
    close(read_image(tmp_path / "a.fits"), SKY)


text = st.text(st.characters(codec="utf-8"), max_size=90)
finite = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | finite | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)


@given(
    data=hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        st.tuples(st.integers(2, 5), st.integers(2, 5)),
        elements=st.floats(-(2.0**90), 2.0**90, width=32),
    ),
    position=st.tuples(st.floats(0, 359.99), st.floats(-89, 89), st.floats(1e-4, 1e3)),
    reference=st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)),
    truth=st.dictionaries(text, json_values, max_size=4),
)
def test_any_picture_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    data: NDArray[Any],
    position: tuple[float, float, float],
    reference: tuple[float, float],
    truth: dict[str, Any],
) -> None:
    """Truth of any letters and length goes over CONTINUE cards, quotes and all."""
    sky = replace(
        SKY,
        data=data,
        ra_deg=position[0],
        dec_deg=position[1],
        reference_px=reference,
        pixel_scale_arcsec=position[2],
        truth=truth,
    )
    path = tmp_path_factory.mktemp("fits") / "a.fits"
    write_image(path, sky)
    close(read_image(path), sky)


@pytest.mark.parametrize("quotes", range(64, 72))
def test_quotes_at_the_edge_of_a_card(tmp_path: Path, quotes: int) -> None:
    sky = replace(SKY, truth={"note": "'" * quotes + " & " + "x" * 70 + "'"})
    write_image(tmp_path / "a.fits", sky)
    assert read_image(tmp_path / "a.fits").truth == sky.truth


def test_the_same_picture_gives_the_same_bytes(tmp_path: Path) -> None:
    write_image(tmp_path / "a.fits", SKY)
    write_image(tmp_path / "b.fits", SKY)
    assert (tmp_path / "a.fits").read_bytes() == (tmp_path / "b.fits").read_bytes()


def test_writing_leaves_the_picture_alone(tmp_path: Path) -> None:
    data = np.arange(12.0).reshape(3, 4)
    data.flags.writeable = False
    for view in (data, data[::-1, ::-1], data.T, data.astype(">f8"), data.astype(np.float16)):
        before = view.tobytes()
        write_image(tmp_path / "a.fits", replace(SKY, data=view))
        assert view.tobytes() == before
        assert np.array_equal(read_image(tmp_path / "a.fits").data, view)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    write_image(tmp_path / "a.fits", SKY)
    before = (tmp_path / "a.fits").read_bytes()
    for key in ("SIMPLE", "NAXIS1", "BSCALE", "PC1_2", "TRUTH", "BMAJ", "TOOLONGKEY", ""):
        broken = {key: (1, "")}
        with pytest.raises(ContractError, match=f"card '{key}': give a free keyword of 1 to 8"):
            write_image(tmp_path / "a.fits", SKY, cards={"GOOD": (1, ""), **broken})
    with pytest.raises(ContractError, match="card RMS: nan can't be written"):
        write_image(tmp_path / "a.fits", SKY, cards={"RMS": (np.float64("nan"), "")})
    with pytest.raises(ContractError, match="image 'Disk_001': truth can't be stored"):
        write_image(tmp_path / "a.fits", replace(SKY, truth={"x": float("nan")}))
    with pytest.raises(ContractError, match="a PosixPath is not JSON"):
        made = Provenance("x", configuration={"path": tmp_path})
        write_image(tmp_path / "a.fits", replace(SKY, provenance=made))
    assert (tmp_path / "a.fits").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_numpy_numbers_in_truth_and_cards(tmp_path: Path) -> None:
    sky = replace(SKY, truth={"a": np.float64(0.5), "b": np.arange(2)})
    write_image(tmp_path / "a.fits", sky, cards={"NITER": (np.int64(300), "cycles")})
    assert read_image(tmp_path / "a.fits").truth == {"a": 0.5, "b": [0, 1]}
    assert fits.getheader(tmp_path / "a.fits")["NITER"] == 300


def test_a_name_of_other_letters_is_escaped(tmp_path: Path) -> None:
    write_image(tmp_path / "a.fits", replace(SKY, name="β Pic\n"))
    assert read_image(tmp_path / "a.fits").name == r"\u03b2 Pic\n"


def test_a_picture_without_a_name_has_that_of_its_file(tmp_path: Path) -> None:
    path = stored(tmp_path, {"OBJECT": None})
    assert read_image(path.rename(tmp_path / "β Pic.fits")).name == "β Pic"


@pytest.mark.parametrize("axes", [(1,), (1, 1), (1, 1, 1)])
def test_axes_of_length_one_are_dropped(tmp_path: Path, axes: tuple[int, ...]) -> None:
    path = stored(tmp_path, data=SKY.data.reshape(*axes, 3, 4))
    close(read_image(path), SKY)


@pytest.mark.parametrize(
    ("shape", "said"),
    [((4,), "4"), ((2, 3, 4), "4 x 3 x 2"), ((1, 4), "4 x 1"), ((2, 1, 4), "4 x 1 x 2")],
)
def test_other_axes_are_refused(tmp_path: Path, shape: tuple[int, ...], said: str) -> None:
    path = stored(tmp_path, data=np.zeros(shape))
    with pytest.raises(InputError, match=f"a.fits: axes are {said}; give one picture"):
        read_image(path)


@pytest.mark.parametrize(
    ("bunit", "unit", "factor"),
    [
        ("Jy/beam", "Jy/beam", 1),
        ("JY/BEAM", "Jy/beam", 1),
        ("Jy beam-1", "Jy/beam", 1),
        ("beam**-1 Jy", "Jy/beam", 1),
        ("mJy/beam", "Jy/beam", 1e-3),
        ("uJy beam^-1", "Jy/beam", 1e-6),
        ("MJy/beam", "Jy/beam", 1e6),
        ("kJy/beam", "Jy/beam", 1e3),
        ("Jy/pixel", "Jy/pixel", 1),
        ("mJy/pix", "Jy/pixel", 1e-3),
        ("K", "K", 1),
        ("mK", "K", 1e-3),
        ("ADU", "count", 1),
        ("counts", "count", 1),
    ],
)
def test_units_are_converted(tmp_path: Path, bunit: str, unit: str, factor: float) -> None:
    image = read_image(stored(tmp_path, {"BUNIT": bunit}))
    assert image.unit == unit
    assert image.data == pytest.approx(SKY.data * factor, rel=1e-6)
    assert image.data.dtype == np.float32


@pytest.mark.parametrize("bunit", ["", "erg/s", "MJy/sr", "MJY/BEAM", "mcount", "Jy", "K km/s"])
def test_other_units_are_refused(tmp_path: Path, bunit: str) -> None:
    path = stored(tmp_path, {"BUNIT": bunit})
    with pytest.raises(InputError, match=f"a.fits: BUNIT is '{bunit}'; accepted: Jy/beam, Jy/pix"):
        read_image(path)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"CTYPE1": None}, "axes are unnamed and DEC; give a WCS with CTYPE1 = RA"),
        ({"CTYPE1": "GLON-SIN", "CTYPE2": "GLAT-SIN"}, "axes are GLON and GLAT"),
        ({"CTYPE1": "DEC--SIN", "CTYPE2": "RA---SIN"}, "axes are DEC and RA"),
        ({"CRVAL1": None, "CRPIX2": None}, "the WCS has no number in CRVAL1, CRPIX2; add them"),
        ({"CDELT1": None}, "the WCS has no number in CDELT1"),
        ({"CDELT2": 1e-4}, "pixels are 0.02 x 0.36 arcsec; give square ones"),
        ({"CDELT2": 0.0}, "WCS can't be used|give square ones"),
        ({"CROTA2": 30.0}, "north is 30.00 deg away from up; reproject"),
        ({"PC1_2": 0.5}, "pixels are .* give square|north is"),
        ({"CTYPE1": "RA---XXX", "CTYPE2": "DEC--XXX"}, "the WCS can't be used"),
        ({"CRVAL2": 100.0}, "WCS can't be used|position is"),
        ({"CRVAL1": "west"}, "the WCS has no number in CRVAL1"),
        ({"CUNIT1": "furlong"}, "can't be used"),
        ({"RADESYS": "FK4"}, "positions are FK4 of equinox 2000.0; give ICRS or FK5 J2000"),
        ({"RADESYS": "GALACTIC"}, "positions are GALACTIC"),
        ({"EQUINOX": 1950.0}, "of equinox 1950.0; give"),
        ({"EPOCH": 1950.0}, "of equinox 1950.0; give"),
        ({"EQUINOX": "B1950"}, "of equinox B1950; give"),
        ({"BMAJ": None, "BMIN": None, "BPA": None}, r"the beam lacks BMAJ, BMIN, BPA \(unit Jy/be"),
        ({"BPA": None}, "the beam lacks BPA"),
        ({"BMAJ": 0.0}, r"BMAJ, BMIN, BPA are not a beam \(beam 0.0 x"),
        ({"BMAJ": 1e-9}, "major >= minor"),
        ({"BMAJ": "wide"}, "BMAJ, BMIN, BPA are not a beam"),
        ({"TRUTH": "{"}, "header card TRUTH is not the JSON object that Skyloom writes"),
        ({"TRUTH": "[1]"}, "header card TRUTH is not"),
        ({"TRUTH": 3}, "header card TRUTH is not"),
        ({"PROVENAN": "{}"}, "header card PROVENAN: Field required"),
        ({"PROVENAN": "x"}, "header card PROVENAN is not"),
    ],
)
def test_headers_that_do_not_say_where_and_what_are_refused(
    tmp_path: Path, header: dict[str, Any], message: str
) -> None:
    path = stored(tmp_path, header)
    with pytest.raises(InputError, match=message) as caught:
        read_image(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_picture_without_wcs_is_refused(tmp_path: Path) -> None:
    fits.PrimaryHDU(np.ones((4, 4)), fits.Header({"BUNIT": "K"})).writeto(tmp_path / "a.fits")
    with pytest.raises(InputError, match="axes are unnamed and unnamed; give a WCS"):
        read_image(tmp_path / "a.fits")


@pytest.mark.parametrize("header", [{"EQUINOX": 2000}, {"EQUINOX": "J2000"}, {"RADESYS": "FK5"}])
def test_j2000_is_taken_in_every_spelling(tmp_path: Path, header: dict[str, Any]) -> None:
    close(read_image(stored(tmp_path, header)), SKY)


def test_steps_in_arcsec_are_converted(tmp_path: Path) -> None:
    header = {"CUNIT1": "arcsec", "CUNIT2": "arcsec", "CDELT1": -0.02, "CDELT2": 0.02}
    where = {"CRVAL1": 36000.0, "CRVAL2": -108000.0}
    close(read_image(stored(tmp_path, {**header, **where})), SKY)


def test_a_cd_matrix_is_read(tmp_path: Path) -> None:
    step = 0.02 / 3600
    matrix = {"CD1_1": -step, "CD1_2": 0.0, "CD2_1": 0.0, "CD2_2": step}
    close(read_image(stored(tmp_path, {"CDELT1": None, "CDELT2": None, **matrix})), SKY)


def test_a_frequency_axis_gives_the_frequency(tmp_path: Path) -> None:
    axis = {"CTYPE3": "FREQ", "CRVAL3": 3.4e11, "CRPIX3": 1.0, "CDELT3": 1e9, "CUNIT3": "Hz"}
    path = stored(tmp_path, axis, data=SKY.data.reshape(1, 3, 4))
    assert read_image(path).frequency_hz == 3.4e11
    assert read_image(stored(tmp_path, {"RESTFRQ": None})).frequency_hz is None


def test_blank_pixels_are_refused_or_made_zero(tmp_path: Path) -> None:
    data = SKY.data.copy()
    data[0, 1], data[2, 2] = np.nan, np.inf
    path = stored(tmp_path, data=data)
    with pytest.raises(
        InputError, match=r"a.fits: 2 of 12 pixels are NaN or infinite; fill or cut them first"
    ):
        read_image(path)
    got = read_image(path, blank="zero").data
    assert got[0, 1] == got[2, 2] == 0
    assert got[1, 1] == data[1, 1]


def test_a_picture_of_blanks_alone_is_refused(tmp_path: Path) -> None:
    path = stored(tmp_path, data=np.full((3, 4), np.nan))
    with pytest.raises(InputError, match="12 of 12 pixels are NaN or infinite"):
        read_image(path, blank="zero")


@pytest.mark.parametrize("kind", ["u1", "i2", "i4", "i8", "u2", "f4", "f8"])
def test_every_kind_of_number_comes_as_a_native_float(tmp_path: Path, kind: str) -> None:
    data = np.arange(12).reshape(3, 4).astype(kind)
    got = read_image(stored(tmp_path, data=data)).data
    assert got.dtype == (np.float32 if kind == "f4" else np.float64)
    assert got.dtype.isnative
    assert got.flags.c_contiguous
    assert np.array_equal(got, data)


def test_scaled_whole_numbers_with_blanks(tmp_path: Path) -> None:
    """Pixels are BZERO + BSCALE x stored, BLANK ones aside (FITS 4.0, Sect. 4.4.2)."""
    made = make_header(SKY)
    cards = "\n".join(
        [
            "SIMPLE  =                    T",
            "BITPIX  =                   16",
            "NAXIS   =                    2",
            "NAXIS1  =                    2",
            "NAXIS2  =                    2",
            "BSCALE  =                  0.5",
            "BZERO   =                 10.0",
            "BLANK   =               -32768",
            *(str(card) for card in made.cards if card.keyword not in ("TRUTH", "PROVENAN")),
        ]
    )
    pixels = np.array([[0, 2], [-4, -32768]], ">i2").tobytes().ljust(BLOCK, b"\0")
    path = raw_file(tmp_path, cards, pixels)
    with pytest.raises(InputError, match="1 of 4 pixels are NaN or infinite"):
        read_image(path)
    assert read_image(path, blank="zero").data.tolist() == [[10.0, 11.0], [8.0, 0.0]]


def test_the_first_hdu_with_a_picture_is_read(tmp_path: Path) -> None:
    table = fits.BinTableHDU.from_columns([fits.Column("x", "D", array=np.ones(3))])
    picture = fits.ImageHDU(SKY.data.copy(), make_header(SKY))
    other = fits.ImageHDU(np.zeros((5, 5)))
    fits.HDUList([fits.PrimaryHDU(), table, picture, other]).writeto(tmp_path / "a.fits")
    close(read_image(tmp_path / "a.fits"), SKY)


@pytest.mark.parametrize("method", ["RICE_1", "GZIP_1", "GZIP_2"])
def test_a_compressed_picture_is_read(tmp_path: Path, method: Any) -> None:
    data = np.arange(400, dtype=np.int32).reshape(20, 20)
    hdu = fits.CompImageHDU(data, make_header(SKY), compression_type=method)
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(tmp_path / "a.fits")
    got = read_image(tmp_path / "a.fits")
    assert np.array_equal(got.data, data)
    assert got.truth == SKY.truth


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ZTILE1": 10**9}, "compressed tiles are|can't be read"),
        ({"ZNAXIS1": 10**6, "ZNAXIS2": 10**6}, "declares 1000000 x 1000000 pixels"),
        ({"ZBITPIX": 99}, "can't be read as FITS"),
        ({"ZCMPTYPE": "MAGIC"}, "can't be read as FITS"),
    ],
)
def test_hostile_compressed_pictures(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    data = np.arange(400, dtype=np.int32).reshape(20, 20)
    hdu = fits.CompImageHDU(data, make_header(SKY), compression_type="GZIP_1")
    path = tmp_path / "a.fits"
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    with fits.open(path, mode="update", disable_image_compression=True) as hdus:
        hdus[1].header.update(change)
    with pytest.raises(InputError, match=message):
        read_image(path)


DECLARED = """
SIMPLE  =                    T
BITPIX  =                  -32
NAXIS   =                    2
NAXIS1  = {0:>20}
NAXIS2  = {1:>20}
"""


def test_a_million_by_a_million_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    path = raw_file(tmp_path, DECLARED.format(10**6, 10**6))
    with pytest.raises(InputError, match="declares 1000000 x 1000000 pixels; at most 67108864"):
        read_image(path)
    with pytest.raises(InputError, match="declares 4 x 3 pixels; at most 11 are read"):
        read_image(stored(tmp_path), max_pixels=11)


@pytest.mark.parametrize("sizes", [(-5, -5), (0, 4), (-(10**6), 10**6)])
def test_odd_sizes_are_refused(tmp_path: Path, sizes: tuple[int, int]) -> None:
    with pytest.raises(InputError, match=r"axes are|can't be read as FITS|holds no picture"):
        read_image(raw_file(tmp_path, DECLARED.format(*sizes)))


@given(st.integers(0, 3 * BLOCK))
def test_a_file_cut_short_is_refused(tmp_path_factory: pytest.TempPathFactory, size: int) -> None:
    folder = tmp_path_factory.mktemp("cut")
    path = stored(folder, data=np.ones((30, 40), np.float32))
    whole = path.read_bytes()
    needed = len(whole) - BLOCK + 4800 - BLOCK
    path.write_bytes(whole[: min(size, needed - 1)])
    with pytest.raises(
        InputError, match=r"is empty|does not begin|cut short|can't be read|no pict"
    ):
        read_image(path)


@given(st.integers(0, 5759), st.integers(0, 255))
def test_a_damaged_byte_is_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, place: int, value: int
) -> None:
    path = stored(tmp_path_factory.mktemp("bad"))
    content = bytearray(path.read_bytes())
    content[place] = value
    path.write_bytes(content)
    try:
        read_image(path, blank="zero")
    except InputError as error:
        assert str(error).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; give an uncompressed FITS image"),
        (b"RA,Dec\n1,2\n", "does not begin as a FITS file does"),
        (b"\x1f\x8b\x08gzip", "does not begin as a FITS file does"),
        (b"SIMPLE  =", "can't be read as FITS|holds no picture"),
        (b"SIMPLE  =                    T".ljust(BLOCK), "can't be read as FITS"),
    ],
)
def test_what_is_no_fits_file(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.fits"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_image(path)


def test_a_folder_and_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder; give a file"):
        read_image(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read_image(tmp_path / "nonesuch.fits")


def test_tables_alone_are_no_picture(tmp_path: Path) -> None:
    table = fits.BinTableHDU.from_columns([fits.Column("x", "D", array=np.ones(3))])
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(tmp_path / "a.fits")
    with pytest.raises(InputError, match="holds no picture; give a FITS image"):
        read_image(tmp_path / "a.fits")


def test_a_distorted_wcs_is_refused(tmp_path: Path) -> None:
    sip = {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 2, "B_ORDER": 2}
    path = stored(tmp_path, {**sip, "A_2_0": 1e-5, "B_0_2": 1e-5})
    with pytest.raises(InputError, match="the WCS is distorted"):
        read_image(path)


def test_the_cards_of_the_geometry() -> None:
    header = make_header(replace(SKY, reference_px=(0.5, 7.25)))
    cards = ("CTYPE1", "CTYPE2", "RADESYS", "CUNIT1", "CUNIT2", "CRPIX1", "CRPIX2")
    expected = ["RA---SIN", "DEC--SIN", "ICRS", "deg", "deg", 1.5, 8.25]
    assert [header[card] for card in cards] == expected
    assert header["CDELT1"] == -header["CDELT2"] == -0.02 / 3600


def test_the_header_is_read_by_astropy_as_meant(tmp_path: Path) -> None:
    write_image(tmp_path / "a.fits", SKY, cards={"INCL": (30.0, "[deg] inclination")})
    with fits.open(tmp_path / "a.fits") as hdus:
        header = hdus[0].header
        assert header.comments["INCL"] == "[deg] inclination"
        assert WCS(header).wcs_pix2world([[2.0, 1.0]], 0)[0] == pytest.approx([10.0, -30.0])
        assert header["BMAJ"] * 3600 == pytest.approx(0.06)
        assert math.isclose(header["CDELT2"] * 3600, 0.02)
        hdus.verify("exception")
