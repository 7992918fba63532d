"""The fields of a manifest that a model card tells of."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from rocktag.artifact.facts import (
    CorpusFacts,
    CrossValidationFacts,
    FittingFacts,
    HumanFacts,
    ThresholdFacts,
)
from rocktag.artifact.yardsticks import YardstickFacts
from rocktag.types import SchemeName


class Described(BaseModel):
    """What `manifest.Manifest` will hold of a model; the rest of it is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    corpus: CorpusFacts
    rules: SchemeName = "keywords"
    rules_sha256: str
    rule_labels: tuple[str, ...] = ()
    thresholds: ThresholdFacts
    remarks: tuple[str, ...] = ()
    fitting: FittingFacts | None = None
    cross_validation: CrossValidationFacts | None = None
    yardsticks: YardstickFacts | None = None
    tuned_from: str | None = None
    human: HumanFacts | None = None
    packages: dict[str, str]
