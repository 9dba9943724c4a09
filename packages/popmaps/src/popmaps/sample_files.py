"""Files of a sample beside its tables: the simulator writes them, labels are read from them."""

from typing import Final

ABORTED: Final = "aborted.json"
OVERRIDE: Final = "override.json"
CONFIGURATION: Final = "configuration.json"
