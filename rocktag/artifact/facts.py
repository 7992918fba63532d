"""The parts of manifest.json: what an artifact says of corpus, fitting and scores."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from rocktag.thresholds import TunedThresholds

FileName: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Sha256: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]


class Part(BaseModel):
    """A part of the manifest; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FileFacts(Part):
    """A file of the artifact: its size in bytes and its hash."""

    size: int = Field(ge=0)
    sha256: Sha256


class CorpusFacts(Part):
    """What the model learned from.

    Attributes:
        origin: The name of the file it was read from, or "the database".
        headlines: How many distinct titles.
        sha256: Of the titles, in order.
        training, validation, test: Headlines of each split. After cross-validation the
            model learned from all, validation among them, and none are for the test.
        labels: Label to how many of the headlines the rules gave it; none in artifacts
            that did not keep it yet.
    """

    origin: str
    headlines: int = Field(ge=1)
    sha256: Sha256
    training: int
    validation: int
    test: int
    labels: dict[str, int] = Field(default_factory=dict)


class Reference(Part):
    """How the model behaved on headlines it had not learned from; drift's yardstick.

    Attributes:
        headlines: How many there were.
        edges: Label to the inner edges of its frozen bins of probability, ascending.
        histograms: Label to headlines per bin, one more than edges.
        rates: Threshold policy to label to the share of them that got the label.
    """

    headlines: int = Field(ge=1)
    edges: dict[str, tuple[Share, ...]]
    histograms: dict[str, tuple[int, ...]]
    rates: dict[str, dict[str, Share]]


class ThresholdFacts(Part):
    """Tuned thresholds, on what and for what they were tuned.

    Attributes:
        objective: The F-beta that is best, such as "f1".
        minimum_precision: That each was to reach, if any.
        tuned_on: validation, out-of-fold or human-labelled.
        minimum_positives: Among those, for a threshold of the label's own; None in
            artifacts that did not keep it yet.
        unreached: Where no threshold has that precision.
    """

    micro: Share
    macro: Share
    per_label: tuple[Share, ...]
    fallback: tuple[str, ...]
    tuned_on: str
    headlines: int
    objective: str = "f1"
    minimum_precision: Share | None = None
    minimum_positives: int | None = None
    unreached: tuple[str, ...] = ()

    def tuned(self) -> TunedThresholds:
        """Return them as the object that knows the policies."""
        names = {field.name for field in fields(TunedThresholds)}
        return TunedThresholds(**self.model_dump(include=names))


class WordVectorFacts(Part):
    """The file that gave a model its first word vectors.

    Attributes:
        origin: Its name, without a folder.
        sha256: Of its text, unpacked.
        dimension: Numbers a word.
        vocabulary_coverage: Share of the model's words that it has.
        token_coverage: Share of the training headlines' running words that it has.
        malformed_lines: Lines that were passed over.
    """

    origin: str
    sha256: Sha256
    dimension: int = Field(ge=1)
    vocabulary_coverage: Share
    token_coverage: Share
    malformed_lines: int = Field(ge=0)


class EncoderFacts(Part):
    """The pre-trained encoder that a model was fine-tuned from.

    Attributes:
        base: How it was asked for.
        origin: Where it came from.
        sha256: Of each file of its checkpoint.
    """

    base: str
    origin: str
    sha256: dict[FileName, Sha256]


class FittingFacts(Part):
    """How a model that learns in epochs came to its weights.

    Attributes:
        epochs: Whole passes over the training headlines.
        best_epoch: The one whose weights it has.
        interrupted_in_epoch: Which one somebody broke off, if any.
        word_vectors: Where the word vectors started, if it has any of its own.
        given_vectors: The file they were given in, if they were.
        encoder: The pre-trained one that was fine-tuned.
        head: What stands on it.
        precision: What it was computed in.
    """

    epochs: int = Field(ge=1)
    best_epoch: int = Field(ge=1)
    interrupted_in_epoch: int | None = None
    word_vectors: Literal["given", "from scratch"] | None = None
    given_vectors: WordVectorFacts | None = None
    encoder: EncoderFacts | None = None
    head: str | None = None
    precision: Literal["float32", "mixed_bfloat16"] | None = None


class MovedBy(Part):
    """The most that a converted model differs from the trained one, on validation.

    Attributes:
        probability: Of any label of any headline.
        f1: Micro or macro.
        label_f1: Of any label; None in artifacts where `f1` holds it too.
        decisions: Share of decisions that changed.
    """

    probability: float
    f1: float
    label_f1: float | None = None
    decisions: float | None = None


class ConversionFacts(Part):
    """In which number format a model is served, and what each would have changed."""

    number_format: Literal["int8", "float32"]
    differences: dict[str, MovedBy]


class LabelSetFacts(Part):
    """A label set of training headlines that the output layer can never give."""

    labels: tuple[str, ...]
    headlines: int


class ArgmaxabilityFacts(Part):
    """Which label sets seen in training the output layer can give at all.

    Attributes:
        label_sets: How many different ones were seen.
        unargmaxable: Those that no headline can get, whatever its features.
        smallest_margin: Of the others.
    """

    label_sets: int
    unargmaxable: tuple[LabelSetFacts, ...]
    smallest_margin: float | None


class Spread(Part):
    """A score over the folds; the standard deviation is that of a sample (n - 1)."""

    mean: float
    standard_deviation: float
    folds: tuple[float, ...]


class CrossValidationFacts(Part):
    """How cross-validation scored, each fold under thresholds of the others.

    Attributes:
        folds: How many.
        scores: Threshold policy to score to its spread.
        thresholds: micro and macro, those that each fold was scored under.
    """

    folds: int = Field(ge=2)
    scores: dict[str, dict[str, Spread]]
    thresholds: dict[str, tuple[Share, ...]]


class FoldFacts(Part):
    """How a fold's model came to its weights, and how it was served."""

    best_epoch: int | None
    number_format: Literal["int8", "float32"] | None


class HumanFacts(Part):
    """What a model learned from people, beside the rules' labels.

    Attributes:
        headlines: That they read.
        decisions: That they made, and agree on, over all labels.
        folds: That what was said out of fold is of.
        hidden_share: Of the training headlines shown with the rules' words hidden too.
        strength: Inverse strength of the stacker's ridge.
    """

    headlines: int = Field(ge=1)
    decisions: int = Field(ge=1)
    folds: int = Field(ge=2)
    hidden_share: Share
    strength: float = Field(gt=0)


class SearchFacts(Part):
    """Which search chose the settings.

    Attributes:
        study: Its name; trials are in the database where it ran.
        trial: The one whose settings these are.
        trials: How many were finished by then.
        method: How they were chosen.
        objective: What was compared, on validation.
        value: What this trial reached.
    """

    study: str
    trial: int = Field(ge=0)
    trials: int = Field(ge=1)
    method: str
    objective: str
    value: float
