"""What tells one training from another, so that no other one's rest is taken up."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from rocktag.fitting.fitted import Task

_PACKAGES = ("keras", "scikit-learn", "tensorflow")
# What is learned from people comes after all that a checkpoint holds.
_LATER = {"keep_checkpoints_days", "human"}


def fingerprint(task: Task, *more: bytes | memoryview) -> str:
    """Return a hash of corpus, labels, split, settings, encoder, packages and more."""
    settings = task.settings.model_dump_json(exclude=_LATER)
    total = hashlib.sha256(settings.encode())
    for part in (*_parts(task), *more):
        total.update(part)
    return total.hexdigest()[:16]


def _parts(task: Task) -> Iterable[bytes | memoryview]:
    yield "\n".join([*task.labels, *task.titles]).encode()
    for rows in (task.rows.train, task.rows.validation, task.rows.test):
        yield rows.tobytes()
    yield task.targets.tobytes()
    if task.soft is not None:
        yield task.soft.tobytes()
    if task.encoder is not None:
        yield repr(sorted(task.encoder.sha256.items())).encode()
    for package in _PACKAGES:
        yield _version(package).encode()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
