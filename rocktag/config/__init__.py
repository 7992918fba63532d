"""config.toml, `ROCKTAG_…` variables and command-line options, as one checked value."""

from rocktag.config.classifiers import table_name
from rocktag.config.encoders import KnownEncoder
from rocktag.config.evaluation import EvaluationSettings
from rocktag.config.hooks import HookSettings
from rocktag.config.life_cycle import (
    ChallengerSettings,
    GateSettings,
    RetrainSettings,
)
from rocktag.config.loading import load, parse_assignments
from rocktag.config.operation import AuditSettings, TagSettings
from rocktag.config.presets import merged
from rocktag.config.search import SearchSettings
from rocktag.config.secrets import passwords, without_passwords
from rocktag.config.settings import (
    Settings,
    SourceSettings,
    TrainSettings,
)
from rocktag.config.space import Axis, Range, Space, Value

__all__ = [
    "AuditSettings",
    "Axis",
    "ChallengerSettings",
    "EvaluationSettings",
    "GateSettings",
    "HookSettings",
    "KnownEncoder",
    "Range",
    "RetrainSettings",
    "SearchSettings",
    "Settings",
    "SourceSettings",
    "Space",
    "TagSettings",
    "TrainSettings",
    "Value",
    "load",
    "merged",
    "parse_assignments",
    "passwords",
    "table_name",
    "without_passwords",
]
