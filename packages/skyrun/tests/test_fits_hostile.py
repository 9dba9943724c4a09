"""Headers that no program should write: read, or refused in one line of our own words.

A header of one valid picture is bent card by card: values of another kind, cards that stand twice
or are gone, of wcslib's further vocabulary, bytes outside ASCII, files without END or cut short.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skyrun.fits import read_image
from skytypes.errors import InputError

BLOCK = 2880
CARDS = [
    ("SIMPLE", "T"),
    ("BITPIX", "-32"),
    ("NAXIS", "2"),
    ("NAXIS1", "4"),
    ("NAXIS2", "3"),
    ("CTYPE1", "'RA---SIN'"),
    ("CTYPE2", "'DEC--SIN'"),
    ("CRVAL1", "10.0"),
    ("CRVAL2", "-30.0"),
    ("CRPIX1", "3.0"),
    ("CRPIX2", "2.0"),
    ("CDELT1", "-1E-5"),
    ("CDELT2", "1E-5"),
    ("CUNIT1", "'deg'"),
    ("CUNIT2", "'deg'"),
    ("BUNIT", "'Jy/beam'"),
    ("BMAJ", "2E-5"),
    ("BMIN", "1E-5"),
    ("BPA", "30.0"),
    ("RESTFRQ", "2.3E11"),
]
MORE = re.findall(
    r"\S+",
    """
CD1_1 CD1_2 CD2_1 CD2_2 PC1_1 PC1_2 PC2_1 CROTA1 CROTA2 LONPOLE LATPOLE WCSAXES WCSAXESA PV1_1 PV2_1
PV2_2 PV1_3 BSCALE BZERO BLANK EQUINOX RADESYS CTYPE3 CRVAL3 CDELT3 CRPIX3 CUNIT3 NAXIS3 NAXIS4
TRUTH PROVENAN OBJECT GROUPS EXTEND PCOUNT GCOUNT CONTINUE HISTORY A_ORDER A_2_0 CPDIS1 DP1 VELREF
SPECSYS DATE-OBS MJDREF CD001001 CTYPE1A XTENSION ZIMAGE D2IMDIS1 CHECKSUM ZNAXIS END
""",
)
VALUES = re.findall(
    r"\S+",
    """
NaN INF 1E400 1E308 1E-300 0 0.0 -1 1 2 3 8 16 7 999 1000000 99999999999999999999 T F (1.0,2.0)
1,5 -1.0D-5 -90.0 91 400 {} '' 'deg' 'arcsec' 'furlong' 'm/s' 'RA---TAN' 'DEC--XYZ' 'GLON-CAR'
'RA---TPV' 'RA---ZPN' 'DEC--TAN-SIP' 'FREQ' 'J'' 'unclosed
'1E-5' '&' \xe9 '\xe9\xff' 3/\xff \x00 \x1b[2J
""",
)
KEYS = [key for key, _ in CARDS[1:]] + MORE

changes = st.lists(
    st.tuples(
        st.sampled_from(["set", "add", "twice", "drop"]),
        st.sampled_from(KEYS),
        st.sampled_from([*VALUES, ""]),
        st.integers(1, len(CARDS)),
    ),
    min_size=1,
    max_size=4,
)
Changes = list[tuple[str, str, str, int]]


def bent(bends: Changes, *, end: bool, cut: int, damage: dict[int, int]) -> bytes:
    """The valid file after all changes."""
    cards = list(CARDS)
    for how, key, value, place in bends:
        at = next((i for i, card in enumerate(cards) if card[0] == key), None)
        if how == "set" and at is not None:
            cards[at] = (key, value)
        elif how == "drop" and at is not None:
            del cards[at]
        elif how == "twice" and at is not None:
            cards.insert(place, cards[at])
        else:
            cards.insert(place, (key, value))
    lines = [
        f"{key:<8}  {value}" if key in ("CONTINUE", "HISTORY") else f"{key:<8}= {value:>20}"
        for key, value in cards
    ]
    text = "".join(line[:80].ljust(80) for line in [*lines, *(["END"] if end else [])])
    header = bytearray(text.encode("latin1"))
    for place, byte in damage.items():
        header[place % len(header)] = byte
    pixels = np.arange(12, dtype=">f4").tobytes().ljust(BLOCK, b"\0")
    return bytes(header).ljust(-len(header) // BLOCK * -BLOCK) + pixels[:cut]


FOREIGN = re.compile(
    r"wcs|ERROR \d|\.c:|astropy|numpy|ufunc|dtype|NoneType|object has|verify|Undefined|[a-z]+\(\)"
)
"""Words of wcslib, astropy and Python that no user should have to read."""


@settings(max_examples=200, derandomize=True)
@given(
    changes,
    st.integers(0, 9).map(bool),
    st.sampled_from([BLOCK] * 6 + [0, 47]),
    st.dictionaries(st.integers(30, 1700), st.integers(0, 255), max_size=1),
)
@example([("set", "NAXIS", "99999999999999999999", 1)], True, BLOCK, {})
@example([("add", "WCSAXES", "1000000", 9)], True, BLOCK, {})
@example([("add", "WCSAXESA", "1000000", 9)], True, BLOCK, {})
@example([("set", "BITPIX", "7", 1)], True, BLOCK, {})
def test_a_bent_header_is_read_or_refused_in_one_line_of_ours(
    tmp_path_factory: pytest.TempPathFactory,
    bends: Changes,
    end: bool,
    cut: int,
    damage: dict[int, int],
) -> None:
    path = tmp_path_factory.mktemp("bent") / "a.fits"
    path.write_bytes(bent(bends, end=end, cut=cut, damage=damage))
    try:
        image = read_image(path, blank="zero")
    except InputError as error:
        message = str(error).removeprefix(f"{path}: ")
        assert message.isprintable()
        assert len(message) < 300
        assert not FOREIGN.search(message), message
        assert ";" in message, "what to do is missing"
    else:
        assert image.data.ndim == 2
        assert np.isfinite(image.data).all()


@pytest.mark.parametrize(
    ("bend", "message"),
    [
        (("set", "BITPIX", "7", 0), "BITPIX is 7, not one of 8, 16, 32, 64, -32, -64); mend the c"),
        (("drop", "BITPIX", "", 0), "BITPIX is missing, not one of"),
        (("set", "NAXIS", "1000000", 0), "NAXIS is 1000000; give a whole number from 0 to 999"),
        (("set", "NAXIS", "999", 0), "has 999 axes; give one picture"),
        (("set", "NAXIS1", "'four'", 0), "header card NAXIS1 is 'four'; give a whole number"),
        (("set", "CDELT1", "'1E-5'", 0), "the WCS has no number in CDELT1; add them"),
        (("set", "CRVAL1", "NaN", 0), "header card CRVAL1 is not as FITS has it; write it anew"),
        (("set", "CRVAL1", "1E400", 0), "the WCS has no number in CRVAL1; add them"),
        (("set", "CUNIT1", "'furlong'", 0), "units are 'furlong', 'deg'); give CUNIT1 = CUNIT2 ="),
        (("set", "CUNIT1", "3", 0), "header card CUNIT1 is 3; give text"),
        (("set", "CTYPE2", "'DEC--XYZ'", 0), "(axes are 'RA---SIN', 'DEC--XYZ'); give RA---SIN"),
        (("set", "CRVAL2", "91", 0), "no sky has 'RA---SIN', 'DEC--SIN' with these CRVAL"),
        (("set", "CDELT2", "0", 0), "(its steps make a singular matrix); give CDELT, PC or CD"),
        (("add", "PV2_1", "'x'", 9), "the WCS has no number in PV2_1"),
        (("add", "CRPIX2", "9.0", 9), "CRPIX2 is there 2 times (9.0, 2.0); keep one"),
        (("add", "WCSAXES", "1000000", 9), "header card WCSAXES is 1000000; give 2 to 9"),
        (("add", "BSCALE", "'x'", 9), "header card BSCALE is 'x'; give a finite number"),
        (("add", "BSCALE", "0.0", 9), "header card BSCALE is 0; give a number that keeps"),
        (("add", "BZERO", "1E999", 9), "header card BZERO is inf; give a finite number"),
        (("add", "PCOUNT", "'x'", 9), "header card PCOUNT is 'x'; give a whole number"),
        (("add", "A_ORDER", "2", 9), "the WCS is distorted (SIP or a table); reproject"),
        (("set", "BMAJ", "'wide'", 0), "not a beam ('wide', 1e-05, 30.0); give degrees"),
    ],
)
def test_what_is_said_of_a_bent_card(
    tmp_path: Path, bend: tuple[str, str, str, int], message: str
) -> None:
    path = tmp_path / "a.fits"
    path.write_bytes(bent([bend], end=True, cut=BLOCK, damage={}))
    with pytest.raises(InputError, match=re.escape(message)):
        read_image(path)


def test_a_whole_numbers_blank_value_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    bends = [("set", "BITPIX", "32", 1), ("add", "BLANK", "1.5", 9)]
    path.write_bytes(bent(bends, end=True, cut=BLOCK, damage={}))
    with pytest.raises(InputError, match=r"header card BLANK is 1\.5; give a whole number"):
        read_image(path)


def test_no_end_card(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    path.write_bytes(bent([], end=False, cut=BLOCK, damage={}))
    with pytest.raises(InputError, match=r"\(a header has no END card\); fetch it again"):
        read_image(path)


@pytest.mark.parametrize("key", ["COMMENT", "OBSERVER"])
def test_a_card_that_is_not_needed_may_be_damaged(tmp_path: Path, key: str) -> None:
    path = tmp_path / "a.fits"
    path.write_bytes(bent([("add", key, "'unclosed", 9)], end=True, cut=BLOCK, damage={}))
    assert read_image(path).data.shape == (3, 4)


def test_the_same_card_twice_is_one(tmp_path: Path) -> None:
    path = tmp_path / "a.fits"
    path.write_bytes(bent([("twice", "CRVAL1", "", 9)], end=True, cut=BLOCK, damage={}))
    assert read_image(path).ra_deg == 10.0
