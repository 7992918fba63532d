"""The parts of manifest.json that say what a model reaches, by three yardsticks."""

from __future__ import annotations

from pydantic import Field

from rocktag.artifact.facts import Part, Sha256


class IntervalFacts(Part):
    """A score with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


class Yardstick(Part):
    """Scores of the headlines that one yardstick has.

    Attributes:
        headlines: How many were scored.
        scores: By names such as "micro_f1".
    """

    headlines: int = Field(ge=1)
    scores: dict[str, IntervalFacts]


class GoldYardstick(Yardstick):
    """Scores against human labels.

    Attributes:
        file: The name of the file, without a folder.
        sha256: Of its content.
        learned: How many of its headlines the model learned from or was tuned on.
        rules: What the keyword rules themselves reach there.
    """

    file: str
    sha256: Sha256
    learned: int = Field(ge=0)
    rules: dict[str, IntervalFacts]


class YardstickFacts(Part):
    """What a model reaches under its `micro` thresholds.

    Attributes:
        resamples: Of the bootstrap.
        seed: Of the resamples.
        rules: Against the rules' labels, on headlines that it did not learn from.
        masked: On the same, over the topics only, with the keywords hidden that gave
            the labels; None after cross-validation: the model learned from all.
        gold: Against human labels; None where no file was configured.
    """

    resamples: int = Field(ge=1)
    seed: int
    rules: Yardstick
    masked: Yardstick | None = None
    gold: GoldYardstick | None = None
