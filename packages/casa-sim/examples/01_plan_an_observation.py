"""What the published rules make of each array and band; needs no CASA."""

from casa_sim import ARRAYS, BANDS, ObservationSettings
from casa_sim.site import elevation_deg

print("array              band  beam mas  cell mas  pixels  CLEAN scales")
for array in ARRAYS:
    for band in BANDS:
        settings = ObservationSettings(array, band=band)
        beam = ARRAYS[array].beam_mas * 230e9 / settings.receiver.frequency_hz
        print(
            f"{array:<18} {band:<5} {beam:<9.1f} {settings.image_cell_mas:<9g} "
            f"{settings.image_size_px:<7} {settings.scales_px}"
        )

# A disk in Taurus is low in the north; one in Lupus passes overhead.
for name, dec_deg in (("Taurus", 26.0), ("Lupus", -34.0)):
    high, low = elevation_deg(dec_deg, 0), elevation_deg(dec_deg, 1800)
    print(f"{name}: {high:.1f} deg at transit, {low:.1f} deg at the ends of an hour's track")
