"""What the rules say of the headlines that people read, and what a version says."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rocktag.artifact import load, read
from rocktag.artifact import provenance as provenances
from rocktag.comparing import Gold
from rocktag.comparing.gold import as_readers_say
from rocktag.config import Settings
from rocktag.errors import UsageError
from rocktag.evaluating.mistakes import margins_of
from rocktag.evaluating.types import Said
from rocktag.labeling import Rules
from rocktag.retuning import train_settings
from rocktag.text import counted
from rocktag.thresholds import decide
from rocktag.types import rules_in_words


def by_rules(rules: Rules, gold: Gold) -> Said:
    """Return what the rules alone say."""
    return Said(
        name=rules_in_words(rules.name),
        kind="rules",
        labels=rules.name,
        decided=as_readers_say(
            rules.label_matrix(gold.titles), rules.labels, gold.labels
        ),
    )


def by_version(
    settings: Settings, name: str, gold: Gold, *, expected_sha256: str | None = None
) -> Said:
    """Return what a published version says, as it is served.

    Args:
        settings: Where versions are, and the thresholds' policy (`tag.threshold`).
        name: `<classifier>/<version>`.
        gold: The headlines, and what people say.
        expected_sha256: Of its manifest, where the database knows it.

    Raises:
        ArtifactError: It must not be used, or does not say what it learned from.
        UsageError: It learned from what people say of some of the headlines: there it
            can only repeat them.
    """
    folder: Path = settings.models_dir
    contents = read(folder, name, expected_sha256=expected_sha256)
    provenance = provenances.load(contents.files, where=str(contents.folder))
    keys = provenances.keys_of(gold.titles)
    repeated = int(np.isin(keys, provenance.read).sum())
    if repeated:
        raise UsageError(
            f"{name} learned from what people say of {repeated:,} of the"
            f" {counted(len(keys), 'headline')} of {gold.file}, and would only repeat"
            " it; give --folds 5, or a file of other headlines"
        )
    artifact = load(
        folder,
        name,
        expected_sha256=contents.manifest_sha256,
        threads=settings.tag.threads,
    )
    manifest = artifact.manifest
    thresholds = manifest.thresholds.tuned().under(settings.tag.threshold)
    probabilities = artifact.predict(gold.titles)
    decided = decide(probabilities, thresholds, manifest.labels)
    return Said(
        name=name,
        kind="version",
        labels=train_settings(contents).labels,
        decided=as_readers_say(decided, manifest.labels, gold.labels),
        margins=margins_of(probabilities, thresholds, manifest.labels, gold.labels),
        learned=int(np.isin(keys, provenance.learned).sum()),
    )
