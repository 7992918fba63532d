"""config.toml, `ROCKTAG_…` variables and command-line options, as one checked value."""

from rocktag.config.loading import load, parse_assignments
from rocktag.config.presets import merged
from rocktag.config.secrets import passwords, without_passwords
from rocktag.config.settings import (
    AuditSettings,
    Settings,
    SourceSettings,
    TagSettings,
    TrainSettings,
)

__all__ = [
    "AuditSettings",
    "Settings",
    "SourceSettings",
    "TagSettings",
    "TrainSettings",
    "load",
    "merged",
    "parse_assignments",
    "passwords",
    "without_passwords",
]
