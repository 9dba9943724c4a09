"""Where the array stands, as CASA's antenna lists take it."""

LATITUDE_DEG = -23.022886
LONGITUDE_DEG = -67.754929
HEIGHT_M = 5056.8
