"""[evaluation]: how models are scored and compared."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from rocktag.config.classifiers import Section


class EvaluationSettings(Section):
    """What models are measured by, beside the rules' labels."""

    gold: Path | None = None  # headlines with human labels; None: there are none
    resamples: int = Field(1_000, ge=100, le=100_000)  # of the bootstrap
    seed: int = Field(7, ge=0, lt=2**32)  # of the resamples
