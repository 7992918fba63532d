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
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from rocktag.artifact.facts import (
    ArgmaxabilityFacts,
    ConversionFacts,
    CorpusFacts,
    CrossValidationFacts,
    FileFacts,
    FileName,
    FittingFacts,
    FoldFacts,
    HumanFacts,
    Part,
    Reference,
    SearchFacts,
    Sha256,
    ThresholdFacts,
)
from rocktag.artifact.yardsticks import YardstickFacts
from rocktag.errors import ArtifactError, brief
from rocktag.text import TextView, counted
from rocktag.types import NO_TOPIC, SchemeName, ServedBy

PROTOCOL = 1
MANIFEST_NAME = "manifest.json"
MODEL_NAMES = ("model.skops", "model.tflite")  # what `loading` knows how to open


class Manifest(Part):
    """Everything an artifact says of itself; see the module's docstring."""

    protocol: int
    classifier: FileName
    version: FileName
    created_at: datetime
    training_seconds: float
    labels: Annotated[tuple[str, ...], Field(min_length=1)]
    rule_labels: tuple[str, ...] = ()  # those that the rules serve
    text_view: TextView
    thresholds: ThresholdFacts
    test: dict[str, dict[str, float]]  # threshold policy to scores; of folds, of all
    reference: Reference
    rules: SchemeName = "keywords"  # which labelled its headlines
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
    human: HumanFacts | None = None  # of those that learned from people
    yardsticks: YardstickFacts | None = None  # of artifacts that keep them
    seed: int
    packages: dict[str, str]
    files: dict[FileName, FileFacts]

    @property
    def name(self) -> str:
        """`<classifier>/<version>`: how people and the database name it."""
        return f"{self.classifier}/{self.version}"

    @property
    def scored_against(self) -> str:
        """Whose labels `test` is scored against: the rules', or what people say."""
        return "the rules" if self.human is None else "people"

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
        if self.corpus.labels and set(self.corpus.labels) != labels:
            raise ValueError("corpus.labels: not one entry for each label")
        return self


def to_json(manifest: Manifest) -> bytes:
    """Return manifest.json's content: sorted keys, two spaces, a newline at the end."""
    content = manifest.model_dump(mode="json")
    if not manifest.rule_labels:
        del content["rule_labels"]
    if manifest.rules == "keywords":
        del content["rules"]
    for name in ("human", "yardsticks"):
        if content[name] is None:
            del content[name]
    if not manifest.corpus.labels:
        del content["corpus"]["labels"]
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
            f"{where} has protocol {brief(repr(found))}, this rocktag reads {PROTOCOL};"
            " train again, or install the rocktag that wrote it"
        )
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(map(str, first["loc"])) or "manifest"
        raise ArtifactError(
            f"{where} is not a usable manifest: {brief(path)}: {first['msg']}"
            f" ({counted(error.error_count(), 'fault')}); restore the folder or train"
            " again"
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
