"""What a job is handed: settings, database, and the model that is in use."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from rocktag.artifact import Manifest
from rocktag.config import Settings
from rocktag.db import Connection, Database, alerts, aliases, models
from rocktag.db.models import CHAMPION, VersionFacts
from rocktag.db.runs import RunRecord
from rocktag.errors import ArtifactError
from rocktag.stopping import Flag
from rocktag.tagging import Tagger, open_tagger
from rocktag.vitals import Vitals

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Runtime:
    """One process's view of the world; jobs of one process run one after another.

    Attributes:
        settings: The configuration.
        database: Where headlines and tags are.
        stopping: Set when the process shall end after the batch in hand.
        record: The run that is going on.
        reload_asked: Whether the configuration is to be read again after the batch in
            hand. No Event: its lock may be held where a signal's handler comes in.
        alerted: Set when a run has ended that may have raised an alert.
        vitals: What the process counts of itself.
    """

    settings: Settings
    database: Database
    stopping: Flag = field(default_factory=Flag)
    record: RunRecord | None = None
    reload_asked: bool = False
    alerted: threading.Event = field(default_factory=threading.Event)
    vitals: Vitals = field(default_factory=Vitals)
    _tagger: Tagger | None = None
    _chosen: str | None = None  # what the tagger was opened for: it may be another
    _is_stale: bool = False
    _shadow: tuple[Settings, Tagger] | None = None  # the challenger, as last loaded

    @property
    def run_id(self) -> int | None:
        """The key of the run that is going on."""
        return None if self.record is None else self.record.run_id

    def reload(self, settings: Settings) -> None:
        """Take other settings, and read the model again from its folder."""
        self.settings = settings
        self._is_stale = True

    @property
    def model_in_use(self) -> str | None:
        """The name of the version that tags; None before the first is loaded."""
        tagger = self._tagger
        return None if tagger is None else tagger.name

    def forget_refusals(self) -> None:
        """Let a champion that was refused be tried once more."""
        self._is_stale |= self._tagger is not None and self._tagger.name != self._chosen

    def tagger(self) -> Tagger:
        """Return the model that the settings choose; loaded only when it is another.

        A champion that must not be used is refused with an alert, and the last good
        one goes on: that in use, else the newest of those before it.

        Raises:
            StoreError: The database refuses, or there is no champion yet.
            ArtifactError: No artifact that could be used may be.
        """
        name = self.chosen()
        if self._tagger is None or self._is_stale or name != self._chosen:
            self._tagger = self._open(name)
            self._chosen, self._is_stale = name, False
        return self._tagger

    def chosen(self) -> str:
        """Return the name of the version that the settings choose now.

        Raises:
            StoreError: The database refuses, or there is no champion yet.
        """
        return self.database.query(lambda c: models.resolve(c, self.settings.tag.model))

    def has_other_model(self) -> bool:
        """Tell whether another version is chosen than when the tagger was opened."""
        return self._is_stale or self.chosen() != self._chosen

    def has_challenger(self) -> bool:
        """Tell whether there is a challenger; the memory of one that was is freed.

        Raises:
            StoreError: The database refuses.
        """
        found = self.database.query(aliases.challenger) is not None
        if not found:
            self._shadow = None
        return found

    def challenger(self) -> Tagger | None:
        """Return the challenger, or None while there is none; loaded only when new.

        Raises:
            StoreError: The database refuses.
            ArtifactError: It must not be used.
        """
        name = self.database.query(aliases.challenger)
        if name is None:
            return None
        known = self._shadow
        if known is None or known[0] is not self.settings or known[1].name != name:
            self._shadow = known = (self.settings, self._load(name))
        return known[1]

    def registered(self, tagger: Tagger) -> int:
        """Return the key of the tagger's version, entering it if it is not known yet.

        Raises:
            StoreError: The database refuses.
        """
        artifact = tagger.artifact
        facts = version_facts(artifact.manifest, artifact.manifest_sha256)
        return self.database.transact(lambda c: models.register(c, facts))

    def _open(self, name: str) -> Tagger:
        try:
            tagger = self._load(name)
        except ArtifactError as error:
            if self.settings.tag.model != CHAMPION:
                raise
            return self._last_good(name, error)
        self.database.transact(lambda c: self._close_alerts(c, name))
        return tagger

    def _close_alerts(self, connection: Connection, name: str) -> None:
        """Close what is over with this version in use: also what concerned others."""
        alerts.close_alert(connection, "refused_champion", name)
        if self.settings.tag.model == CHAMPION:
            alerts.close_others(connection, alerts.OF_VERSIONS, name)

    def _last_good(self, refused: str, error: ArtifactError) -> Tagger:
        def tell(connection: Connection) -> None:
            alerts.raise_alert(
                connection, "refused_champion", refused, str(error), run_id=self.run_id
            )

        self.database.transact(tell)
        if self._tagger is not None and self._tagger.name != refused:
            _log_refusal(refused, error, self._tagger.name)
            return self._tagger
        now = self.database.query(aliases.current)
        for name in now.champions:
            if name == refused or name in now.archived:
                continue
            try:
                tagger = self._load(name)
            except ArtifactError as other:
                logger.warning("an earlier champion cannot be used either: %s", other)
            else:
                _log_refusal(refused, error, name)
                return tagger
        raise error

    def _load(self, name: str) -> Tagger:
        expected = self.database.query(models.registered_manifests).get(name)
        return open_tagger(
            self.settings.models_dir,
            name,
            self.settings.tag.threshold,
            expected_sha256=expected,
            threads=self.settings.tag.threads,
        )


def _log_refusal(refused: str, error: ArtifactError, used: str) -> None:
    logger.error(
        "the champion %s is refused, going on with %s: %s",
        refused,
        used,
        error,
        extra={"event": "champion_refused"},
    )


def version_facts(manifest: Manifest, manifest_sha256: str) -> VersionFacts:
    """Return what the database keeps of a model."""
    scores = manifest.test["micro"]
    return VersionFacts(
        name=manifest.name,
        classifier=manifest.classifier,
        text_view=manifest.text_view,
        manifest_sha256=manifest_sha256,
        micro_f1=scores["micro_f1"],
        macro_f1=scores["macro_f1"],
        published_at=manifest.created_at,
    )


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker does at its times.

    Attributes:
        run: Does it.
        once_a_tick: Whether one worker does it for all; else each does its share.
        beside: Whether it runs beside the others, in a thread of its own; such a job
            touches nothing of the runtime but its settings, its database and whether
            it is stopping.
        is_called_for: Whether there is anything to do; else no run is recorded.
    """

    run: Callable[[Runtime, RunRecord], None]
    once_a_tick: bool
    beside: bool = False
    is_called_for: Callable[[Runtime], bool] = lambda _: True
