"""From config.toml, the environment and the command line to `Settings`.

The later is the stronger. Every fault is reported at once, with its path.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import EnvSettingsSource, SettingsError

from rocktag.config import plain
from rocktag.config.presets import merged
from rocktag.config.settings import Settings
from rocktag.errors import ConfigError, UsageError

_DEFAULT_FILE = Path("config.toml")
_PREFIX = "ROCKTAG_"
# Read by the tests, or before there are settings.
_NOT_SETTINGS = {
    *("ROCKTAG_CONFIG", "ROCKTAG_DATA"),
    # What a hook is told: it may be a script that asks rocktag.
    *("ROCKTAG_ALERT_ID", "ROCKTAG_ALERT_KIND", "ROCKTAG_ALERT_SUBJECT"),
}
_TEST_PREFIX = "ROCKTAG_TEST_"


def load(
    path: Path | None = None, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Return the settings of a file, the environment and command-line overrides.

    Args:
        path: The file; by default the one in `ROCKTAG_CONFIG`, else `config.toml` of
            the current folder if there is one, else every default holds.
        overrides: Nested values that are stronger than both, from the command line.

    Raises:
        ConfigError: The file cannot be read or a value is not usable.
    """
    chosen = _chosen_file(path)
    where = str(chosen) if chosen else "the configuration"
    values: dict[str, Any] = {}
    for source in (
        plain.read(chosen) if chosen else {},
        _environment(where),
        overrides or {},
    ):
        plain.check(source, where)
        values = merged(values, source)
    faults = _unknown_variables(os.environ)
    try:
        # Only what was merged here counts: BaseSettings must not read it again.
        settings = Settings.model_validate(values)
    except ValidationError as error:
        faults += [_fault(detail) for detail in error.errors(include_url=False)]
        raise ConfigError(where, plain.told(faults)) from None
    if faults:
        raise ConfigError(where, plain.told(faults))
    return settings


def parse_assignments(assignments: Iterable[str]) -> dict[str, Any]:
    """Return command-line `key=value` pairs as nested values.

    >>> parse_assignments(["tag.batch_size=64", "train.seed=1"])
    {'tag': {'batch_size': '64'}, 'train': {'seed': '1'}}

    Raises:
        UsageError: A pair has no `=`, or its key far too many parts.
    """
    nested: dict[str, Any] = {}
    for assignment in assignments:
        key, separator, value = assignment.partition("=")
        if not (key and separator):
            raise UsageError(f"--set {assignment!r} is not of the form key=value")
        if key.count(".") >= plain.DEEPEST:
            raise UsageError(f"--set {key[:80]}… has more than {plain.DEEPEST} parts")
        branch: Any = value
        for part in reversed(key.split(".")):
            branch = {part: branch}
        nested = merged(nested, branch)
    return nested


def _chosen_file(path: Path | None) -> Path | None:
    named = path or os.environ.get("ROCKTAG_CONFIG")
    if named:
        return Path(named)
    return _DEFAULT_FILE if _DEFAULT_FILE.is_file() else None


def _environment(where: str) -> dict[str, Any]:
    try:
        return EnvSettingsSource(Settings)()
    except RecursionError:
        fault = f"environment: a variable {_PREFIX}… is nested too deep"
        raise ConfigError(where, [fault]) from None
    except SettingsError as error:
        raise ConfigError(
            where,
            [f"environment: {error}; set keys of a table as {_PREFIX}TABLE__KEY"],
        ) from None


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Return a fault for each `ROCKTAG_…` variable that names no setting.

    Those within a known section are found by validation like any other key.
    """
    known = set(Settings.model_fields)
    return [
        f"{name}: unknown variable; known are {_names(known)} with the prefix {_PREFIX}"
        for name in sorted(environment)
        if name.startswith(_PREFIX)
        and name not in _NOT_SETTINGS
        and not name.startswith(_TEST_PREFIX)
        and name.removeprefix(_PREFIX).lower().split("__")[0] not in known
    ]


def _fault(detail: ErrorDetails) -> str:
    """Return one line: the path, what is wrong, and what was expected."""
    location = detail["loc"]
    path = ".".join(map(str, location))
    if detail["type"] == "extra_forbidden":
        return f"{path}: unknown key; known are {_names(_known_keys(location[:-1]))}"
    if detail["type"] == "missing":
        return f"{path}: missing"
    message = detail["msg"].removeprefix("Value error, ")
    if _is_secret(path) or isinstance(detail["input"], Mapping):
        return f"{path}: {message}"
    return f"{path}: {message}, got {detail['input']!r}"


def _is_secret(path: str) -> bool:
    return path.rsplit(".", 1)[-1] in {"url", "database_url"}


def _known_keys(location: Sequence[str | int]) -> set[str]:
    model: type[BaseModel] = Settings
    for part in location:
        if str(part) not in model.model_fields:
            continue  # the name of a preset
        annotation: Any = model.model_fields[str(part)].annotation
        members = getattr(annotation, "__args__", (annotation,))
        model = next(m for m in members if hasattr(m, "model_fields"))
    return set(model.model_fields)


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
