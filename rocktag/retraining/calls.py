"""What calls for a training: new headlines, drift, or time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rocktag.artifact.registry import manifest_of
from rocktag.config import RetrainSettings
from rocktag.db import Database, models, trainings
from rocktag.errors import ArtifactError
from rocktag.text import counted

_LONGEST_CHAIN = 20  # versions tuned from one another; more is a loop


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a decision to train is made of.

    Attributes:
        champion: The champion's name, None while there is none.
        trained_at: When what it learned from was read; None while there is none.
        new_headlines: That came in since.
        has_drift: Whether its alert `drift` is open.
        last_training: When the last training of this job ended, well or not.
        is_under_way: Whether another worker trains now.
    """

    champion: str | None
    trained_at: datetime | None
    new_headlines: int
    has_drift: bool
    last_training: datetime | None
    is_under_way: bool

    def days_since_training(self, now: datetime) -> float | None:
        """Return the days since the champion's training began."""
        if self.trained_at is None:
            return None
        return (now - self.trained_at) / timedelta(days=1)


def look(database: Database, models_dir: Path, run_id: int) -> Situation:
    """Return the situation as the database tells it.

    Args:
        database: Where headlines and runs are.
        models_dir: Where the champion says when it was trained.
        run_id: The run that asks; it is not under way itself.

    Raises:
        StoreError: The database refuses.
    """
    with database.read() as connection:
        champion = models.champion(connection)
        published = champion and trainings.published_at(connection, champion)
        moment = _trained_at(models_dir, champion, published or None)
        return Situation(
            champion=champion,
            trained_at=moment,
            new_headlines=trainings.headlines_since(connection, moment),
            has_drift=bool(champion)
            and trainings.has_drift(connection, champion or ""),
            last_training=trainings.last_training(connection),
            is_under_way=trainings.is_under_way(connection, run_id),
        )


def called_for(
    situation: Situation, settings: RetrainSettings, now: datetime | None = None
) -> str | None:
    """Return what calls for a training, in words; None where nothing does.

    >>> found = Situation(champion="a/1", trained_at=datetime(2026, 1, 1, tzinfo=UTC),
    ...     new_headlines=6_000, has_drift=False, last_training=None,
    ...     is_under_way=False)
    >>> called_for(found, RetrainSettings())
    '6,000 new headlines since the training of a/1'
    """
    now = now or datetime.now(UTC)
    if situation.is_under_way or _is_resting(situation, settings, now):
        return None
    name, new = situation.champion, situation.new_headlines
    if settings.on_drift and situation.has_drift:
        return f"the tags of {name} drift"
    if settings.new_headlines and new >= settings.new_headlines:
        if name is None:
            return f"{counted(new, 'headline')}, and no champion yet"
        return f"{counted(new, 'new headline')} since the training of {name}"
    days = situation.days_since_training(now)
    if settings.every_days and days is not None and days >= settings.every_days:
        return f"{days:.1f} days since the training of {name}"
    return None


def _is_resting(situation: Situation, settings: RetrainSettings, now: datetime) -> bool:
    """Tell whether the last training is too young: it may just have been refused."""
    last = situation.last_training
    return last is not None and now - last < timedelta(hours=settings.pause_hours)


def _trained_at(
    models_dir: Path, name: str | None, published_at: datetime | None
) -> datetime | None:
    """Return when a version's training began, that of the model it was tuned from."""
    moment = published_at
    for _ in range(_LONGEST_CHAIN):
        if name is None:
            break
        try:
            manifest = manifest_of(models_dir, name)
        except ArtifactError:  # deleted: what is known of its heir must do
            break
        seconds = 0.0 if manifest.tuned_from else manifest.training_seconds
        moment = manifest.created_at - timedelta(seconds=seconds)
        name = manifest.tuned_from
    return moment
