"""The error tree. A message says what is wrong, where, and what to do next.

RocktagError
├── UsageError        the command or its configuration is wrong        exit code 2
│   └── ConfigError   every fault of the configuration, at once
├── InputError        a file or a table cannot be read as headlines    exit code 1
├── StoreError        the database refused or is not ready             exit code 1
│   ├── UnavailableError   it may not refuse a moment later
│   └── RefusedValueError  it will never take one of the values
├── ArtifactError     a model cannot be published or must not be used  exit code 1
├── StoppedError      what was begun is broken off: the worker ends    exit code 1
├── TaggingError      too many headlines cannot be tagged              exit code 1
└── TrainingError     the corpus cannot be learned from                exit code 1
"""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST = 300  # characters of what others say in a message of ours


class RocktagError(Exception):
    """Anything rocktag refuses to do; its text is meant for a person."""

    exit_code = 1


class UsageError(RocktagError):
    """The command line asks for something that cannot be."""

    exit_code = 2


class ConfigError(UsageError):
    """The configuration is not usable; carries every fault, not only the first.

    >>> print(ConfigError("config.toml", ["train.seed: missing"]))
    config.toml is not usable: train.seed: missing
    >>> print(ConfigError("config.toml", ["train.seed: missing", "sede: unknown key"]))
    config.toml is not usable:
      train.seed: missing
      sede: unknown key
    """

    def __init__(self, where: str, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        separator = " " if len(faults) == 1 else "\n  "
        super().__init__(separator.join([f"{where} is not usable:", *faults]))


class InputError(RocktagError):
    """A file or table that was to give headlines cannot be read at all."""


class StoreError(RocktagError):
    """The database refused a statement, cannot be reached or has another schema."""


class UnavailableError(StoreError):
    """The database cannot do it now: unreachable, locked, full, or in a deadlock."""


class RefusedValueError(StoreError):
    """The database refuses a value, whenever it is asked."""


class ArtifactError(RocktagError):
    """A model artifact cannot be written, or must not be trusted."""


class StoppedError(RocktagError):
    """What was begun is broken off because somebody ended the worker."""


class TaggingError(RocktagError):
    """So many headlines cannot be tagged that going on would do harm."""


class TrainingError(RocktagError):
    """A corpus from which no classifier can be trained."""


def brief(said: object) -> str:
    """Return what a library or a file says, cut to what a message can hold.

    >>> brief(ValueError("no such word")), len(brief("x" * 1_000_000))
    ('no such word', 300)
    """
    text = str(said)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
