"""manifest.json: what an artifact says of itself, and how it is read back.

PROTOCOL is raised when a file changes so that older code would misread it. Then:
keep reading the old one here, with a test that loads an artifact of it, or say in
CHANGELOG that models must be trained again. A new key does not raise it: older code
refuses a key that it does not know, so one that says nothing is not written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rocktag.errors import ArtifactError
from rocktag.text import TextView
from rocktag.thresholds import TunedThresholds
from rocktag.types import NO_TOPIC, ServedBy

PROTOCOL = 1
MANIFEST_NAME = "manifest.json"
MODEL_NAMES = ("model.skops", "model.tflite")  # what `loading` knows how to open

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
        training, validation, test: Headlines of each split.
    """

    origin: str
    headlines: int = Field(ge=1)
    sha256: Sha256
    training: int
    validation: int
    test: int


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
        minimum_positives: In validation, for a threshold of the label's own; None in
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


class Manifest(Part):
    """Everything an artifact says of itself; see the module's docstring."""

    protocol: int
    classifier: FileName
    version: FileName
    created_at: datetime
    training_seconds: float
    labels: Annotated[tuple[str, ...], Field(min_length=1)]
    rule_labels: tuple[str, ...] = ()  # those that the keyword rules serve
    text_view: TextView
    thresholds: ThresholdFacts
    test: dict[str, dict[str, float]]  # threshold policy to scores
    reference: Reference
    rules_sha256: Sha256
    corpus: CorpusFacts
    fitting: FittingFacts | None = None
    conversion: ConversionFacts | None = None
    argmaxability: ArgmaxabilityFacts | None = None
    cross_validation: CrossValidationFacts | None = None
    folds: tuple[FoldFacts, ...] = ()
    remarks: tuple[str, ...] = ()  # sentences of the model card
    tuned_from: str | None = None  # the version whose model this is
    search: SearchFacts | None = None
    seed: int
    packages: dict[str, str]
    files: dict[FileName, FileFacts]

    @property
    def name(self) -> str:
        """`<classifier>/<version>`: how people and the database name it."""
        return f"{self.classifier}/{self.version}"

    def served_by(self, label: str) -> ServedBy:
        """Return what gives a label; `n/a`, for want of topics, is the model's."""
        return "rules" if label in self.rule_labels else "model"

    @model_validator(mode="after")
    def _fits_together(self) -> Manifest:
        labels = set(self.labels)
        if len(labels) != len(self.labels):
            raise ValueError("labels: a label stands twice")
        if not set(self.rule_labels) <= labels - {NO_TOPIC}:
            raise ValueError("rule_labels: not topics of labels")
        if len(self.thresholds.per_label) != len(self.labels):
            raise ValueError("thresholds.per_label: not one for each label")
        reference = self.reference
        for known in (
            set(reference.edges),
            set(reference.histograms),
            *(set(rates) for rates in reference.rates.values()),
        ):
            if known != labels:
                raise ValueError("reference: not one entry for each label")
        return self


def to_json(manifest: Manifest) -> bytes:
    """Return manifest.json's content: sorted keys, two spaces, a newline at the end."""
    content = manifest.model_dump(mode="json")
    if not manifest.rule_labels:
        del content["rule_labels"]
    return (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()


def from_json(content: bytes, *, where: str) -> Manifest:
    """Return the manifest, the protocol checked before anything else.

    Raises:
        ArtifactError: It is no manifest, of another protocol, or contradicts itself.
    """
    values = _object(content, where)
    found = values.get("protocol")
    if found != PROTOCOL:
        raise ArtifactError(
            f"{where} has protocol {found!r}, this rocktag reads {PROTOCOL};"
            " train again, or install the rocktag that wrote it"
        )
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(map(str, first["loc"])) or "manifest"
        raise ArtifactError(
            f"{where} is not a usable manifest: {path}: {first['msg']}"
            f" ({error.error_count()} faults); restore the folder or train again"
        ) from error


def file_facts(content: bytes) -> FileFacts:
    """Return the size and hash of a file's content."""
    return FileFacts(size=len(content), sha256=hashlib.sha256(content).hexdigest())


def _object(content: bytes, where: str) -> Mapping[str, Any]:
    try:
        values = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            f"{where} is not JSON; restore the folder or train again"
        ) from error
    if not isinstance(values, dict):
        raise ArtifactError(f"{where} is not a JSON object; train again")
    return values
