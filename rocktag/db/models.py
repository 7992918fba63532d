"""Which model versions there are, and which was champion when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Select, select, update

from rocktag.db import aliases
from rocktag.db.aliases import CHAMPION as CHAMPION
from rocktag.db.aliases import Action
from rocktag.db.dialects import insert_unless_present
from rocktag.db.tables import model_alias_event, model_version
from rocktag.errors import StoreError


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFacts:
    """What the database keeps of a published artifact.

    Attributes:
        name: `<classifier>/<version>`, its folder below models/.
        classifier: The kind of classifier.
        text_view: What it reads: raw or clean.
        manifest_sha256: Of its manifest.json, which holds the hash of every file.
        micro_f1: On its untouched test set; None where it was not scored.
        macro_f1: On its untouched test set; None where it was not scored.
        published_at: When the artifact was written.
    """

    name: str
    classifier: str
    text_view: str
    manifest_sha256: str
    micro_f1: float | None
    macro_f1: float | None
    published_at: datetime


def register(connection: Connection, facts: VersionFacts) -> int:
    """Return the key of the version, entering it if it is not known yet."""
    known = key(connection, facts.name)
    if known is not None:
        return known
    connection.execute(
        insert_unless_present(connection, model_version),
        [
            {
                "name": facts.name,
                "classifier": facts.classifier,
                "text_view": facts.text_view,
                "manifest_sha256": facts.manifest_sha256,
                "micro_f1": facts.micro_f1,
                "macro_f1": facts.macro_f1,
                "published_at": facts.published_at,
                "registered_at": datetime.now(UTC),
            }
        ],
    )
    return int(connection.scalars(_select_key(facts.name)).one())


def promote(
    connection: Connection,
    model_version_id: int,
    *,
    by: str,
    why: str,
    action: Action = "promote",
) -> None:
    """Make the version the champion from now on; the history is kept.

    What it has not met, or what was edited since, is looked for once more.
    """
    connection.execute(
        update(model_version)
        .where(model_version.c.id == model_version_id)
        .values(enqueued_up_to=0)
    )
    aliases.add(connection, CHAMPION, model_version_id, action=action, by=by, why=why)


def champion(connection: Connection) -> str | None:
    """Return the name of the champion, or None while there is none."""
    return connection.scalar(
        select(model_version.c.name)
        .join(
            model_alias_event,
            model_alias_event.c.model_version_id == model_version.c.id,
        )
        .where(model_alias_event.c.alias == CHAMPION)
        .order_by(model_alias_event.c.id.desc())
        .limit(1)
    )


def champion_key(connection: Connection) -> int | None:
    """Return the key of the champion, or None while there is none."""
    return connection.scalar(
        select(model_alias_event.c.model_version_id)
        .where(model_alias_event.c.alias == CHAMPION)
        .order_by(model_alias_event.c.id.desc())
        .limit(1)
    )


def resolve(connection: Connection, chosen: str) -> str:
    """Return the name of the version that `champion` stands for, or the name given.

    Raises:
        StoreError: There is no champion.
    """
    if chosen != CHAMPION:
        return chosen
    name = champion(connection)
    if name is None:
        raise StoreError(
            "there is no champion yet; run: rocktag train, or name a version as"
            " tag.model"
        )
    return name


def registered_manifests(connection: Connection) -> dict[str, str]:
    """Return each registered version's name with the hash of its manifest."""
    rows = connection.execute(
        select(model_version.c.name, model_version.c.manifest_sha256)
    )
    return dict(rows.all())


def _select_key(name: str) -> Select[int]:
    return select(model_version.c.id).where(model_version.c.name == name)


def key(connection: Connection, name: str) -> int | None:
    """Return the key of a version, or None where it is not registered."""
    return connection.scalar(_select_key(name))


def known_key(connection: Connection, name: str) -> int:
    """Return the key of a version that must be registered.

    Raises:
        StoreError: It is not.
    """
    found = key(connection, name)
    if found is None:
        raise StoreError(
            f"the database does not know the model {name}; see: rocktag models list"
        )
    return found
