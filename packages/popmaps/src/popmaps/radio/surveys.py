"""Pulsar surveys: what each looked at and with what; the built-in ones."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..columns import SURVEY
from ..coordinates import wrapped_longitude_deg

Values = NDArray[np.float64]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Positive = Annotated[Number, Field(gt=0)]
Bounds = tuple[Number, Number]
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_+-]{0,39}$")]
"""Names of surveys and groups become parts of file names."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SkyBox(_Record):
    """A part of the sky, ends included; what is left out is not bounded.

    Attributes
    ----------
    l_deg : (float, float)
        Galactic longitude, between -180 and 180 [deg].
    abs_b_deg : (float, float)
        Absolute Galactic latitude [deg].
    dec_deg : (float, float)
        Declination [deg].

    Examples
    --------
    >>> SkyBox(abs_b_deg=(15, 90)).l_deg
    (-180.0, 180.0)
    """

    l_deg: Bounds = (-180.0, 180.0)
    abs_b_deg: Bounds = (0.0, 90.0)
    dec_deg: Bounds = (-90.0, 90.0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for name, low, high in (("l_deg", -180, 180), ("abs_b_deg", 0, 90), ("dec_deg", -90, 90)):
            first, last = getattr(self, name)
            if not low <= first < last <= high:
                raise ValueError(f"{name} is [{first:g}, {last:g}]; give two that rise, "
                                 f"between {low} and {high}")  # fmt: skip
        return self


class Survey(_Record):
    """A survey's receiver, its sky and its threshold.

    Attributes
    ----------
    frequency_mhz, bandwidth_mhz, channel_mhz : float
        Middle of the band, its width, and the width of one channel.
    integration_s : float
        Time on one place.
    sampling_us : float
    receiver_k : float
        Temperature of the receiver, without the sky's [K].
    gain_k_jy : float
        On the beam's axis [K/Jy].
    digitisation_loss : float
        By what the noise grows when it is sampled, 1 or more.
    polarisations : int
    threshold_snr : float
        Signal-to-noise ratio above which a pulsar is detected.
    sky : tuple of SkyBox
        What the survey looked at: any of them.

    Examples
    --------
    >>> built_in_surveys().surveys["PMPS"].integration_s
    2100.0
    """

    frequency_mhz: Positive
    bandwidth_mhz: Positive
    channel_mhz: Positive
    integration_s: Positive
    sampling_us: Positive
    receiver_k: Positive
    gain_k_jy: Positive
    digitisation_loss: Annotated[Number, Field(ge=1)] = 1.25
    polarisations: Annotated[int, Field(ge=1, le=2, strict=True)] = 2
    threshold_snr: Positive = 9.0
    sky: Annotated[tuple[SkyBox, ...], Field(min_length=1)] = (SkyBox(),)

    def covers(self, l_deg: Values, b_deg: Values, dec_deg: Values) -> NDArray[np.bool_]:
        """Whether positions lie where the survey looked.

        Parameters
        ----------
        l_deg, b_deg, dec_deg : ndarray, shape (stars,)
            Galactic longitude and latitude, and declination [deg].

        Returns
        -------
        ndarray of bool, shape (stars,)

        Examples
        --------
        >>> import numpy as np
        >>> zero = np.zeros(2)
        >>> pmps = built_in_surveys().surveys["PMPS"]
        >>> pmps.covers(np.array([270.0, 60.0]), zero, zero).tolist()
        [True, False]
        """
        wrapped, latitude = wrapped_longitude_deg(l_deg), np.abs(b_deg)
        covered = np.zeros(np.shape(wrapped), dtype=bool)
        for box in self.sky:
            inside = (wrapped >= box.l_deg[0]) & (wrapped <= box.l_deg[1])
            inside &= (latitude >= box.abs_b_deg[0]) & (latitude <= box.abs_b_deg[1])
            inside &= (dec_deg >= box.dec_deg[0]) & (dec_deg <= box.dec_deg[1])
            covered |= inside
        return covered


class SurveyGroup(_Record):
    """Surveys whose detections make one table.

    Attributes
    ----------
    surveys : tuple of str
        The first is preferred for a star that several detect.
    detections : int, optional
        Pulsars the surveys found; None where a population is not to be drawn up to them.

    Examples
    --------
    >>> built_in_surveys().groups["HTRU_low_mid"].surveys
    ('HTRU_low', 'HTRU_mid')
    """

    surveys: Annotated[tuple[str, ...], Field(min_length=1)]
    detections: Annotated[int, Field(ge=1, le=10**9, strict=True)] | None = None


class SurveyTable(_Record):
    """Surveys by name, and the groups they make.

    Attributes
    ----------
    surveys : mapping of str to Survey
        ``[survey.NAME]`` in a file.
    groups : mapping of str to SurveyGroup
        ``[group.NAME]`` in a file.

    Examples
    --------
    >>> list(built_in_surveys().surveys)
    ['PMPS', 'SMPS', 'HTRU_low', 'HTRU_mid', 'HTRU_high']
    """

    surveys: Mapping[Name, Survey] = Field(alias="survey", min_length=1)
    groups: Mapping[Name, SurveyGroup] = Field(alias="group", default_factory=dict)

    @model_validator(mode="after")
    def _known(self) -> Self:
        # A group's table says in a column of its own which survey detects.
        taken = {column.name for column in SURVEY}.intersection(self.surveys)
        if taken:
            raise ValueError(f"survey {min(taken)} has the name of a column of the tables; "
                             "give it another name")  # fmt: skip
        for name, group in self.groups.items():
            for survey in group.surveys:
                if survey not in self.surveys:
                    raise ValueError(f"group {name} names the survey {survey!r}; "
                                     f"there are {', '.join(self.surveys)}")  # fmt: skip
            if len(set(group.surveys)) < len(group.surveys):
                raise ValueError(f"group {name} names a survey twice; give each once")
        return self


def built_in_surveys() -> SurveyTable:
    """PMPS, SMPS and the three parts of HTRU.

    Returns
    -------
    SurveyTable

    Examples
    --------
    >>> built_in_surveys().groups["PMPS"].detections
    1045
    """
    text = files("popmaps.radio").joinpath("data", "surveys.toml").read_text(encoding="utf-8")
    return SurveyTable.model_validate(tomllib.loads(text))
