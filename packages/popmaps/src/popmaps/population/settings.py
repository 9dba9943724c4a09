"""What a population is made with: the Galaxy's, the spin's and the radio part's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Self

from pydantic import TypeAdapter, ValidationError

from popmaps.galaxy.settings import GalaxySettings
from popmaps.radio.settings import RadioSettings
from popmaps.spin.settings import SpinSettings
from skyrun.files import read_toml
from skytypes.errors import InputError

MAX_FILE_BYTES = 1_000_000


@dataclass(frozen=True)
class Variable:
    """A parameter that can change from sample to sample.

    Parameters
    ----------
    part, field : str
        Where it is in `PopulationSettings`.
    low, high : float
        Its limits.
    needs : tuple of str
        Field of the same part and the value without which the parameter does nothing.
    """

    part: str
    field: str
    low: float
    high: float
    needs: tuple[str, ...] = ()


_LOG_PERIOD = ("P_initial_distribution", "log-normal")
_PERIOD = ("P_initial_distribution", "normal")

VARIABLES: Final[dict[str, Variable]] = {
    "B_initial_log10_mean": Variable("spin", "B_initial_log10_mean", 8.0, 16.0),
    "B_initial_log10_sigma": Variable("spin", "B_initial_log10_sigma", 0.001, 3.0),
    "P_initial_log10_mean": Variable("spin", "P_initial_log10_mean", -3.0, 1.5, _LOG_PERIOD),
    "P_initial_log10_sigma": Variable("spin", "P_initial_log10_sigma", 0.001, 3.0, _LOG_PERIOD),
    "P_initial_mean": Variable("spin", "P_initial_mean", 0.001, 10.0, _PERIOD),
    "P_initial_sigma": Variable("spin", "P_initial_sigma", 0.001, 10.0, _PERIOD),
    "a_late": Variable("spin", "a_late", -5.0, 0.0),
    "L_radio_log10_mean": Variable("radio", "L_radio_log10_mean", 20.0, 40.0),
    "epsilon_L": Variable("radio", "epsilon_L", 0.0, 2.0),
    "h_c": Variable("galaxy", "h_c_kpc", 0.001, 5.0),
    "sigma_k": Variable("galaxy", "sigma_k_km_s", 0.1, 1500.0, ("kick_law", "maxwell")),
    "vk_c": Variable("galaxy", "vk_c_km_s", 0.1, 1500.0, ("kick_law", "exponential")),
}
"""By the names the literature's sweeps have, which become the labels of a dataset."""


@dataclass(frozen=True)
class PopulationSettings:
    """Everything but the number of stars and the seed that decides a population.

    Parameters
    ----------
    galaxy : GalaxySettings
    spin : SpinSettings
    radio : RadioSettings

    Examples
    --------
    >>> PopulationSettings().with_values({"sigma_k": 100.0}).galaxy.sigma_k_km_s
    100.0
    """

    galaxy: GalaxySettings = field(default_factory=GalaxySettings)
    spin: SpinSettings = field(default_factory=SpinSettings)
    radio: RadioSettings = field(default_factory=RadioSettings)

    def value(self, name: str) -> float:
        """Value of one of `VARIABLES`, in the unit of its field.

        Parameters
        ----------
        name : str

        Examples
        --------
        >>> PopulationSettings().value("h_c")
        0.18
        """
        place = VARIABLES[name]
        return float(getattr(getattr(self, place.part), place.field))

    def with_values(self, values: Mapping[str, float]) -> Self:
        """The same settings with some of `VARIABLES` changed.

        Parameters
        ----------
        values : mapping of name to float
            In the units of the fields.

        Raises
        ------
        InputError
            If a name is none of them, a value is out of its range, or it would change nothing.

        Examples
        --------
        >>> PopulationSettings().with_values({"vk_c": 100.0})
        Traceback (most recent call last):
            ...
        skytypes.errors.InputError: vk_c changes nothing while kick_law is 'maxwell'; set it to \
'exponential' in [galaxy] of the settings
        """
        parts: dict[str, dict[str, float]] = {}
        for name, value in values.items():
            place = self._place(name)
            parts.setdefault(place.part, {})[place.field] = value
        return replace(self, **{p: replace(getattr(self, p), **v) for p, v in parts.items()})

    def _place(self, name: str) -> Variable:
        if name not in VARIABLES:
            raise InputError(f"parameter {name!r}; what can vary: {', '.join(VARIABLES)}")
        place = VARIABLES[name]
        if place.needs:
            setting, needed = place.needs
            given = getattr(getattr(self, place.part), setting)
            if given != needed:
                raise InputError(
                    f"{name} changes nothing while {setting} is {given!r}; "
                    f"set it to {needed!r} in [{place.part}] of the settings"
                )
        return place

    def record(self) -> dict[str, Any]:
        """The settings as JSON holds them.

        Examples
        --------
        >>> sorted(PopulationSettings().record())
        ['galaxy', 'radio', 'spin']
        """
        return asdict(self)


def read_settings(path: Path) -> PopulationSettings:
    r"""Settings from a TOML file with tables ``[galaxy]``, ``[spin]``, ``[radio]``.

    Parameters
    ----------
    path : Path
        What it leaves out has its default.

    Returns
    -------
    PopulationSettings

    Raises
    ------
    InputError
        If the file can't be read, is no TOML, or names a field or a value that there is not.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "slow.toml")
    ...     _ = path.write_text("[galaxy]\nkick_law = 'exponential'\n")
    ...     read_settings(path).galaxy.kick_law
    'exponential'
    """
    given = read_toml(path, max_bytes=MAX_FILE_BYTES)
    _refuse_unknown(path, given)
    try:
        return _ADAPTER.validate_python(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{path}: {place}: {first['msg'].removeprefix('Value error, ')}") from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _refuse_unknown(path: Path, given: Mapping[str, Any]) -> None:
    """Refuse names that there are not: pydantic passes over them in a standard dataclass."""
    known = {"galaxy": GalaxySettings, "spin": SpinSettings, "radio": RadioSettings}
    for part, values in given.items():
        if part not in known:
            raise InputError(f"{path}: table [{part}]; there are {', '.join(known)}")
        names = [each.name for each in fields(known[part])]
        for name in values if isinstance(values, dict) else ():
            if name not in names:
                raise InputError(f"{path}: {part}.{name}: there are {', '.join(names)}")


_ADAPTER = TypeAdapter(PopulationSettings)
