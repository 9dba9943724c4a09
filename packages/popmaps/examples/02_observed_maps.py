"""Maps of observed pulsars, and a page to look at them.

    python 02_observed_maps.py [psrcat.db]

Without a catalogue it makes one up: 400 pulsars near the Galactic plane, drawn at random, in the
layout of psrcat.db. Take the real one for anything but a look at how this works.
"""

import sys
from pathlib import Path

import numpy as np

from popmaps.observed.catalogues import read_pulsars
from popmaps.observed.meerkat import STATEMENTS, catalogue_fluxes
from popmaps.observed.observed_maps import observed_maps, write_observed
from popmaps.overview import read_overview
from popmaps.show import write_page


def made_up_catalogue(path: Path, pulsars: int = 400) -> Path:
    """A psrcat.db of pulsars that do not exist."""
    from astropy.coordinates import SkyCoord

    from skytypes import item_rng

    rng = item_rng(1, 0, "example.catalogue")
    sky = SkyCoord(
        l=rng.uniform(-90, 40, pulsars), b=rng.normal(0, 3, pulsars), unit="deg", frame="galactic"
    ).icrs
    period_s = 10 ** rng.normal(-0.3, 0.3, pulsars)
    p_dot = 10 ** rng.normal(-14.7, 0.7, pulsars)
    s1400_mjy = 10 ** rng.normal(-0.4, 0.4, pulsars)
    lines = []
    for index in range(pulsars):
        ra, dec = sky[index].to_string("hmsdms", sep=":").split()
        lines += [
            f"PSRJ J{index:04d}+00",
            f"RAJ {ra}",
            f"DECJ {dec}",
            f"P0 {period_s[index]:.9f}",
            f"P1 {p_dot[index]:.4e}",
            f"S1400 {s1400_mjy[index]:.3f}",
            f"SURVEY {('pksmb', 'pksmb,htru_pks', 'pkssw')[index % 3]}",
            "@---",
        ]
    path.write_text("\n".join(lines) + "\n")
    return path


place = Path(sys.argv[1]) if len(sys.argv) > 1 else made_up_catalogue(Path("made_up.db"))
pulsars = read_pulsars(place)
print(f"{place.name}: {len(pulsars)} pulsars, layout {pulsars.layout}")

# Without the MeerKAT census the flux map is made of a substitute, and says so.
fluxes = catalogue_fluxes(pulsars, "s1400")
print(STATEMENTS[fluxes.source])

maps, counts = observed_maps(pulsars, fluxes, resolution_dyn=32, resolution_ppdot=32)
for row in counts:
    print(
        f"{row.survey}: {row.in_coverage} in coverage, {row.with_p_dot} with a period derivative, "
        f"{row.with_flux} with a flux density"
    )

# A map is what the filter makes of counts: it keeps their sum.
on_map = maps["survey_PMPS_position_map_radec"]
print(f"position map of PMPS: {on_map.shape[0]} x {on_map.shape[1]} bins, sum {np.sum(on_map):.1f}")

table = write_observed(Path("observed"), maps)
write_page(read_overview(table), Path("observed.html"))
print(f"{table} and observed.html: the maps as networks read them, and as pictures")
