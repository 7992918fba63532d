"""Small valid examples of what rocktag reads, for the fuzzer to change."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from rocktag.classifiers import word_tokenizer

CSV = (
    b"title,source,external_id,url,published_at\n"
    b'"Ghost, live",NME,7,https://example.org/7,2021-04-03\n'
    b"'=1+1,NME,8,,3 Apr 2021 18:30:00 +0000\n"
)
JSON_LINES = b'{"title": "Queen", "id": 7, "date": "2021-04-03", "source": "NME"}\n' * 2
CONFIG = b"""
database_url = "sqlite:///rocktag.db"
models_dir = "models"
[source]
url = "sqlite:///own.db"
table = "posts"
id = "id"
title = "title"
filter = "kind = 'news'"
[train]
classifier = "adaboost"
preset = "study"
seed = 7
rules_below = 50
[train.bag_of_words]
forest_terms = 0.5
[tag]
threshold = 0.5
[search.space.adaboost]
adaboost_depth = [2, 4]
forest_terms = {low = 0.1, high = 1.0, log = true}
[schedule]
tag = "*/5 0 1-7 * 1-5"
[encoder."wheel:x==1"]
sha256 = {"config.json" = "%b"}
""" % (b"0" * 64)
TITLES = (
    "Ghost announce world tour",
    "Mötley Crüe's new album \u2018live\u2019",
    "\u0646\u062c",
)


def manifest() -> dict[str, Any]:
    """Return manifest.json of a model with two labels."""
    labels = ["album", "n/a"]
    counts = {"origin": "news.csv", "headlines": 9, "sha256": "0" * 64}
    return {
        "protocol": 1,
        "classifier": "adaboost",
        "version": "20260101T000000Z-0a1b2c3d",
        "created_at": "2026-01-01T00:00:00Z",
        "training_seconds": 1.5,
        "labels": labels,
        "text_view": "raw",
        "thresholds": {
            "micro": 0.5,
            "macro": 0.5,
            "per_label": [0.5, 0.5],
            "fallback": ["n/a"],
            "tuned_on": "validation",
            "headlines": 3,
        },
        "test": {"micro": {"micro_f1": 0.9}},
        "reference": {
            "headlines": 3,
            "edges": {label: [0.5] for label in labels},
            "histograms": {label: [1, 2] for label in labels},
            "rates": {"micro": dict.fromkeys(labels, 0.5)},
        },
        "rules_sha256": "0" * 64,
        "corpus": {**counts, "training": 5, "validation": 2, "test": 2},
        "remarks": ["one"],
        "seed": 7,
        "packages": {"numpy": "2"},
        "files": {"model.skops": {"size": 1, "sha256": "0" * 64}},
    }


def golden() -> bytes:
    """Return golden.jsonl of one headline and two labels."""
    return json.dumps({"title": "Queen", "probabilities": [0.25, 0.75]}).encode()


def tokenizer() -> bytes:
    """Return tokenizer.json of the words of `TITLES`."""
    return word_tokenizer.build(
        TITLES, maximum_length=8, vocabulary_size=20, minimum_headlines=1
    )


def npy(kind: str) -> bytes:
    """Return an array (3, 2) of numbers of a kind such as "f4"."""
    file = io.BytesIO()
    np.save(file, np.zeros((3, 2), dtype=kind), allow_pickle=False)
    return file.getvalue()


def zip_of(names: Sequence[str]) -> bytes:
    """Return a zip archive of small files with these names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), b"queen 0.1 0.2\n" * 9)
    return file.getvalue()
