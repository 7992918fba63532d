"""What two versions do not have in common: settings, data, rules, scores, packages."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from rocktag.artifact import Contents
from rocktag.errors import ArtifactError

_SECTIONS = {  # fields of the manifest, and where they are told
    "corpus": "corpus",
    "test": "scores",
    "cross_validation": "scores",
    "thresholds": "thresholds",
    "packages": "packages",
    "rules_sha256": "rules",
    "labels": "rules",
    "rule_labels": "rules",
}
_LEFT_OUT = {"files", "reference", "version", "protocol", "folds"}
_ORDER = ("model", "settings", "corpus", "rules", "scores", "thresholds", "packages")


def differences(
    first: Contents, second: Contents
) -> dict[str, dict[str, tuple[Any, Any]]]:
    """Return what differs, by section: key to both values, None where one has none.

    Raises:
        ArtifactError: The configuration in one of them cannot be read.
    """
    one, other = _told(first), _told(second)
    found = {
        section: _differing(one.get(section, {}), other.get(section, {}))
        for section in _ORDER
    }
    return {section: pairs for section, pairs in found.items() if pairs}


def _differing(
    one: Mapping[str, Any], other: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """Return the keys whose values differ.

    >>> _differing({"seed": 1, "folds": 5}, {"seed": 2, "folds": 5, "more": True})
    {'seed': (1, 2), 'more': (None, True)}
    """
    keys = dict.fromkeys([*one, *other])
    pairs = {key: (one.get(key), other.get(key)) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def _told(contents: Contents) -> dict[str, dict[str, Any]]:
    """Return what a version says of itself, by section, flat."""
    manifest = contents.manifest.model_dump(mode="json", exclude=_LEFT_OUT)
    per_label = manifest["thresholds"].pop("per_label")
    manifest["thresholds"]["label"] = dict(
        zip(contents.manifest.labels, per_label, strict=True)
    )
    told: dict[str, dict[str, Any]] = {"settings": dict(_flat(_settings(contents)))}
    for key, value in manifest.items():
        section = _SECTIONS.get(key, "model")
        told.setdefault(section, {}).update(_flat(_named(key, value, section)))
    return told


def _named(key: str, value: Any, section: str) -> dict[str, Any]:
    """Return a field under its own name, unless the section says it already."""
    says_it = section in ("corpus", "thresholds", "packages") or key == "test"
    return value if says_it and isinstance(value, dict) else {key: value}


def _settings(contents: Contents) -> dict[str, Any]:
    content = contents.files.get("config.toml", b"")
    try:
        return tomllib.loads(content.decode())
    except ValueError as error:
        raise ArtifactError(
            f"{contents.folder}/config.toml cannot be read: {error}; restore the folder"
        ) from error


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value with the path to it.

    >>> dict(_flat({"train": {"seed": 7, "labels": ["a", "b"]}}))
    {'train.seed': 7, 'train.labels': 'a, b'}
    """
    for key, value in values.items():
        path = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}.")
        elif isinstance(value, list):
            yield path, ", ".join(map(str, value))
        else:
            yield path, value
