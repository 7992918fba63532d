"""Every tunable of rocktag with its default, unit and bounds; config.toml lists them.

Values are frozen. An unknown key is a fault. Database URLs are secrets: they print
as asterisks and never enter an artifact.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from rocktag.config import presets
from rocktag.config.classifiers import (
    BagOfWordsSettings,
    CnnBilstmSettings,
    HumanSettings,
    Section,
    TransformerSettings,
    table_name,
)
from rocktag.config.encoders import SHIPPED as SHIPPED_ENCODERS
from rocktag.config.encoders import KnownEncoders
from rocktag.config.evaluation import EvaluationSettings
from rocktag.config.hooks import HookSettings
from rocktag.config.life_cycle import (
    ChallengerSettings,
    GateSettings,
    RetentionSettings,
    RetrainSettings,
)
from rocktag.config.operation import (
    AlertSettings,
    AuditSettings,
    Fraction,
    HttpSettings,
    LogSettings,
    Name,
    ScheduleSettings,
    TagSettings,
    WorkerSettings,
)
from rocktag.config.search import SearchSettings
from rocktag.config.secrets import without_passwords
from rocktag.text import TextView
from rocktag.types import ClassifierName, LabelsName

_BACKENDS = ("sqlite", "postgresql", "postgres", "mysql", "mariadb")
_HOUSEKEEPING = {"keep_checkpoints_days"}  # says nothing of the model


def _database_url(secret: SecretStr) -> SecretStr:
    """Check the kind of a database URL; it may hold a password: never print it."""
    scheme, separator, _ = secret.get_secret_value().partition("://")
    if not separator or scheme.partition("+")[0] not in _BACKENDS:
        raise ValueError(
            "not a database URL; expected for instance sqlite:///rocktag.db,"
            " postgresql://user:password@host/database or mysql://…"
        )
    return secret


def _shown(url: SecretStr) -> str:
    return without_passwords(url.get_secret_value())


DatabaseUrl: TypeAlias = Annotated[SecretStr, AfterValidator(_database_url)]
PresetName: TypeAlias = Annotated[str, BeforeValidator(presets.known)]


class SourceSettings(Section):
    """A table of the user's own from which `pull` copies headlines; only read.

    Attributes:
        url: Where the table is; the same URL as `database_url` will do.
        table: Its name, `schema.table` where it has a schema.
        id: Its key column; with `name` it tells one headline from another.
        title: The column of the headline's text.
        published_at: The column of its date, if there is one.
        link: The column of the article's address, if there is one.
        name: What `headline.source` says for these rows; by default the table's name.
        filter: A condition in the SQL of that database; trusted as written.
    """

    url: DatabaseUrl
    table: Name
    id: Name
    title: Name
    published_at: Name | None = None
    link: Name | None = None
    name: Name | None = None
    filter: str | None = None

    @property
    def feed(self) -> str:
        """What `headline.source` says for its rows."""
        return self.name or self.table


class IngestSettings(Section):
    """How headlines come in."""

    batch_size: int = Field(2_000, ge=1, le=10_000)  # headlines a transaction


class PresetSettings(Section):
    """A named set of values for [train]'s tables, weaker than what those say."""

    cnn_bilstm: CnnBilstmSettings = CnnBilstmSettings()
    transformer: TransformerSettings = TransformerSettings()


class TrainSettings(Section):
    """How a classifier is trained."""

    classifier: ClassifierName = "adaboost"
    labels: LabelsName = "keywords"
    preset: PresetName | None = None
    text_view: TextView = "raw"
    seed: int = Field(7, ge=0, lt=2**32)
    validation_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.2
    folds: int = Field(1, ge=1, le=50)  # of cross-validation; 1: a simple split
    minimum_positives: int = Field(10, ge=1)  # for a threshold of the label's own
    rules_below: int = Field(0, ge=0)  # positives; labels with fewer: by the rules
    keep_checkpoints_days: int = Field(14, ge=0)  # of a training that was broken off
    human: HumanSettings = HumanSettings()
    bag_of_words: BagOfWordsSettings = BagOfWordsSettings()
    cnn_bilstm: CnnBilstmSettings = CnnBilstmSettings()
    transformer: TransformerSettings = TransformerSettings()

    def with_epochs(self, epochs: int) -> TrainSettings:
        """Return the settings under which a network learns for just so many epochs."""
        table = table_name(self.classifier)
        exactly = {"epochs": epochs, "patience": epochs}
        return self.model_copy(
            update={table: getattr(self, table).model_copy(update=exactly)}
        )


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix="ROCKTAG_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
    )

    database_url: DatabaseUrl = Field(
        SecretStr("sqlite:///rocktag.db"), validate_default=True
    )
    models_dir: Path = Path("models")
    source: SourceSettings | None = None
    ingest: IngestSettings = IngestSettings()
    train: TrainSettings = TrainSettings()
    # By a factory: a space given replaces the default one, it is not mixed with it.
    search: SearchSettings = Field(default_factory=SearchSettings)
    evaluation: EvaluationSettings = EvaluationSettings()
    tag: TagSettings = TagSettings()
    preset: dict[str, PresetSettings] = Field(presets.SHIPPED, validate_default=True)
    encoder: KnownEncoders = Field(SHIPPED_ENCODERS, validate_default=True)
    audit: AuditSettings = AuditSettings()
    gate: GateSettings = GateSettings()
    challenger: ChallengerSettings = ChallengerSettings()
    retrain: RetrainSettings = RetrainSettings()
    retention: RetentionSettings = RetentionSettings()
    alert: AlertSettings = AlertSettings()
    hook: HookSettings = HookSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    worker: WorkerSettings = WorkerSettings()
    http: HttpSettings = HttpSettings()
    log: LogSettings = LogSettings()

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, values: Any) -> Any:
        return presets.applied(values)

    def displayable(self) -> dict[str, Any]:
        """Return every setting as a plain value, for people, without passwords."""
        values = self.model_dump(mode="json", exclude_none=True)
        values["database_url"] = _shown(self.database_url)
        if self.source is not None:
            values["source"]["url"] = _shown(self.source.url)
        if self.hook.url is not None:
            values["hook"]["url"] = self.hook.shown_url
        return values

    def handed_on(self) -> dict[str, Any]:
        """Return what another process needs to work with the same settings.

        Whatever may hold a password is left out.
        """
        secret = {"database_url", "source", "hook", "http"}
        return self.model_dump(mode="json", exclude=secret, exclude_none=True)

    def publishable(self) -> dict[str, Any]:
        """Return the settings as plain values, without anything secret or local.

        They are a whole configuration: a preset's values stand where they count, and
        the name of one that is not shipped is left out.
        """
        left_out = (
            *("database_url", "models_dir", "source", "hook", "http"),
            *("preset", "search", "encoder", "gate", "challenger"),
            *("retrain", "retention"),
        )
        own_preset = {"preset"} if self.train.preset not in presets.SHIPPED else set()
        return self.model_dump(
            mode="json",
            exclude={
                **dict.fromkeys(left_out, True),
                "train": _HOUSEKEEPING | own_preset,
                "evaluation": {"gold"},  # a path of this machine
            },
            exclude_none=True,
        )
