"""The run of the job `gate`: a version compared with the champion, and judged."""

from __future__ import annotations

from dataclasses import replace

from rocktag import comparing
from rocktag.comparing import Comparison
from rocktag.comparing.measuring import measure
from rocktag.config import Settings
from rocktag.corpus import Corpus, gather
from rocktag.db import Connection, Database, headlines, models, run_metrics, runs
from rocktag.errors import ArtifactError, TrainingError
from rocktag.labeling import rules_of
from rocktag.lifecycle.gate import Verdict, incomparable, is_too_slow, judge
from rocktag.recording import recorded_run

_MORE_TIMES = 2  # that speeds are measured where a version seems too slow
_MEASURED = 2_000  # headlines then


def examine(
    database: Database,
    settings: Settings,
    name: str,
    champion: str,
    corpus: Corpus | None,
) -> Verdict:
    """Compare a version with the champion, and keep what came of it as a run.

    Args:
        database: Where runs are, and the headlines by default.
        settings: The gate's limits, and what scores are made with.
        name: The version that wants to be champion.
        champion: Who is.
        corpus: What the two are compared on; by default the database's headlines.

    Raises:
        ArtifactError: One of them cannot be compared.
        InputError: The gold file cannot be read.
        StoreError: The database refuses.
    """
    with recorded_run(database, "gate") as record:
        try:
            verdict = _judged(database, settings, name, champion, corpus)
        except TrainingError as error:  # no headline that is fair to both
            verdict = incomparable(name, champion, str(error))

        def keep(connection: Connection) -> None:
            key = models.known_key(connection, name)
            policy = str(settings.tag.threshold)
            runs.set_model(connection, record.run_id, key, policy)
            run_metrics.record_metrics(connection, record.run_id, verdict.metrics())

        database.transact(keep)
        return replace(verdict, run_id=record.run_id)


def _judged(
    database: Database,
    settings: Settings,
    name: str,
    champion: str,
    corpus: Corpus | None,
) -> Verdict:
    rules = rules_of(settings.train.labels)
    gold = comparing.configured_gold(settings, rules.labels)
    with database.read() as connection:
        manifests = models.registered_manifests(connection)
    limits = settings.gate
    on = corpus if corpus is not None else _own_headlines(database)
    on = Corpus(on.titles[-limits.maximum_headlines :], on.origin)
    try:
        compared = comparing.compare(
            [champion, name],
            on,
            rules,
            settings,
            gold=gold,
            reference=champion,
            measured=limits.minimum_speed > 0 or limits.maximum_megabytes is not None,
            manifests=manifests,
        )
        for _ in range(_MORE_TIMES):
            if not is_too_slow(judge(compared, name, limits)):
                break
            compared = _measured_again(compared, on, settings)
        return judge(compared, name, limits)
    except ArtifactError as error:
        raise ArtifactError(
            f"{name} cannot be compared with the champion {champion}: {error}; to make"
            " it champion all the same: rocktag models promote --force --why"
        ) from error


def _measured_again(
    compared: Comparison, corpus: Corpus, settings: Settings
) -> Comparison:
    """Return the comparison with the better speed of two measurements of each.

    Other work on the machine slows whichever is measured meanwhile.
    """
    rows = []
    for row in compared.rows:
        found = measure(
            settings.models_dir,
            row.version,
            corpus.titles[:_MEASURED],
            threads=settings.tag.threads,
        )
        before = row.headlines_per_second or 0.0
        best = max(before, found.headlines_per_second)
        rows.append(replace(row, headlines_per_second=best))
    return replace(compared, rows=tuple(rows))


def _own_headlines(database: Database) -> Corpus:
    with database.read() as connection:
        return gather(headlines.titles(connection), "the database")
