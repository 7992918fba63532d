"""Every classifier on raw and clean text: scores, training time, tagging speed, size.

On the real headlines in `ROCKTAG_DATA` (by default ../shared/data) where they are,
else on 20,000 invented ones.
"""

from __future__ import annotations

import csv
import os
import tempfile
import time
from pathlib import Path
from typing import Any, get_args

from rocktag.artifact import Manifest, load, publish
from rocktag.artifact.manifest import MODEL_NAMES
from rocktag.config import Settings
from rocktag.corpus import Corpus, gather
from rocktag.labeling import keyword_rules
from rocktag.sampling import sample
from rocktag.text import TextView
from rocktag.training import train
from rocktag.types import ClassifierName


def measure() -> list[dict[str, Any]]:
    """Train, publish, load and tag with each classifier on each text view."""
    corpus = real_or_invented()
    return [
        _measure(corpus, classifier, text_view)
        for classifier in get_args(ClassifierName)
        for text_view in get_args(TextView)
    ]


def _measure(
    corpus: Corpus, classifier: ClassifierName, text_view: TextView
) -> dict[str, Any]:
    settings = Settings.model_validate(
        {"train": {"classifier": classifier, "text_view": text_view}}
    )
    trained = train(corpus, keyword_rules(), settings, lambda *_: None)
    with tempfile.TemporaryDirectory() as folder:
        published = publish(Path(folder), trained.draft, training_seconds=0)
        artifact = load(Path(folder), published.manifest.name)
        begun = time.perf_counter()
        artifact.predict(corpus.titles)
        seconds = time.perf_counter() - begun
    scores = trained.scores["micro"]
    return {
        "classifier": classifier,
        "text": text_view,
        "corpus": corpus.origin,
        "micro F1": f"{scores.micro.f1:.4f}",
        "macro F1": f"{scores.macro.f1:.4f}",
        "exact match": f"{scores.subset_accuracy:.4f}",
        "training s": round(trained.seconds, 1),
        "tagging headlines/s": round(len(corpus.titles) / seconds, -2),
        "model MB": round(_model_bytes(published.manifest) / 1e6, 2),
    }


def _model_bytes(manifest: Manifest) -> int:
    return sum(f.size for name, f in manifest.files.items() if name in MODEL_NAMES)


def real_or_invented() -> Corpus:
    """Return the real headlines where they are, else invented ones."""
    file = Path(os.environ.get("ROCKTAG_DATA", "../shared/data")) / "rock_headlines.csv"
    if not file.is_file():
        return gather((item.title for item in sample(20_000, seed=7)), "invented")
    with file.open(encoding="utf-8") as opened:
        return gather((row["title"] for row in csv.DictReader(opened)), file.name)
