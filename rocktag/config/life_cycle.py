"""When a version may become champion, how long models are kept, when to train anew."""

from __future__ import annotations

from pydantic import Field

from rocktag.config.classifiers import Section
from rocktag.config.operation import Fraction


class GateSettings(Section):
    """What a version must reach, compared with the champion, to take its place."""

    minimum_headlines: int = Field(200, ge=1)  # fair to both; fewer compare nothing
    maximum_headlines: int = Field(20_000, ge=1)  # of the corpus, the newest
    micro_f1_loss: float = Field(0.002, ge=0, le=1)  # that is let pass in any case
    macro_f1_loss: float = Field(0.01, ge=0, le=1)
    significance: Fraction = 0.05  # a greater loss that may be chance passes too
    minimum_speed: float = Field(0.5, ge=0, le=100)  # share of the champion's; 0: any
    maximum_megabytes: float | None = Field(None, gt=0, allow_inf_nan=False)  # peak


class ChallengerSettings(Section):
    """How the challenger tags in the shadow, and when it counts as different."""

    maximum_seconds: float = Field(60.0, gt=0, le=86_400)  # of a run of the job shadow
    compared_headlines: int = Field(5_000, ge=1, le=100_000)  # by an audit, the newest
    significance: Fraction = 0.01  # of McNemar's test, over all labels


class RetrainSettings(Section):
    """What calls for another training, where the job `retrain` has a schedule."""

    new_headlines: int = Field(5_000, ge=0)  # since the champion's training; 0: never
    on_drift: bool = True  # while the champion's alert `drift` is open
    every_days: float = Field(0.0, ge=0, le=100_000)  # in any case; 0: never
    pause_hours: float = Field(20.0, ge=0, le=100_000)  # between two trainings
    timeout_hours: float = Field(12.0, gt=0, le=10_000)  # then it is killed


class RetentionSettings(Section):
    """Which models `rocktag models prune` keeps."""

    champions: int = Field(3, ge=1, le=1_000)  # the last ones, the present one too
