"""What a command needs of the world, made when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import typer

from rocktag.cli.console import keep_secret, keep_secrets, note
from rocktag.cli.logs import set_up_logging
from rocktag.config import Settings, load, merged
from rocktag.db import Database


@dataclass
class Session:
    """The settings and the database of one invocation.

    Attributes:
        config_file: From `--config`.
        overrides: From the other options, as nested values.
        may_create: Whether a SQLite file that is not there is made. Only commands that
            fill a database should: another would report on an empty one in good faith.
    """

    config_file: Path | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    may_create: bool = False

    def creating(self, *, when: bool = True) -> Session:
        """Return a session that makes a SQLite file where there is none."""
        return replace(self, may_create=when)

    def with_options(self, section: str, options: Mapping[str, Any]) -> Session:
        """Return a session in which a command's own options are the strongest.

        Args:
            section: The table of config.toml they belong to.
            options: Key to value; None where the option was not given. A path is kept
                as the text that config.toml would have.
        """
        given = {
            key: str(value) if isinstance(value, Path) else value
            for key, value in options.items()
            if value is not None
        }
        if not given:
            return self
        return replace(self, overrides=merged(self.overrides, {section: given}))

    @cached_property
    def settings(self) -> Settings:
        """The configuration; loading it also sets logging up."""
        return self.read_settings()

    def read_settings(self) -> Settings:
        """Read the configuration as it is now, and set logging up accordingly.

        Raises:
            ConfigError: It cannot be used.
        """
        settings = load(self.config_file, self.overrides)
        keep_secret(settings.database_url.get_secret_value())
        if settings.source is not None:
            keep_secret(settings.source.url.get_secret_value())
        keep_secrets(settings.hook.secrets)
        set_up_logging(settings.log.level, settings.log.format)
        return settings

    @cached_property
    def bare_database(self) -> Database:
        """The database, whatever schema it has."""
        return Database(
            self.settings.database_url.get_secret_value(),
            must_exist=not self.may_create,
            retry_seconds=self.settings.worker.retry_seconds,
        )

    @cached_property
    def database(self) -> Database:
        """The database, its schema made if it has none and refused if it is old."""
        from rocktag.db import schema

        if schema.make_ready(self.bare_database):
            note(f"made the tables in {self.bare_database.name}")
        return self.bare_database


def session(context: typer.Context) -> Session:
    """Return the session of this invocation."""
    found = context.find_object(Session)
    if found is None:
        raise RuntimeError("the root callback makes the session")
    return found
