"""Everything that rocktag reads from outside: a small valid example, and its reader."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import numpy as np

from benchmarks.mutations import TOKENS, mutated, mutated_json
from rocktag import config
from rocktag.artifact import litert_file, predictions
from rocktag.artifact.golden import replay
from rocktag.artifact.manifest import from_json
from rocktag.classifiers import word_tokenizer
from rocktag.classifiers.token_ids import encode
from rocktag.db import Database, sources
from rocktag.embeddings import read_vectors
from rocktag.encoders import checkpoint
from rocktag.encoders.sources import UnusableError
from rocktag.errors import UsageError
from rocktag.feeds import open_feed, to_headline
from rocktag.fetching import unpack
from rocktag.labeling import keyword_rules
from rocktag.text import refusal, stems, tidy
from rocktag.types import Headline, Probabilities, Rejection

Read: TypeAlias = Callable[[bytes, Path], object]
Mutate: TypeAlias = Callable[[bytes, Random], bytes]

_LARGEST_UNPACKED = 2**24  # bytes
_CSV = (
    b"title,source,external_id,url,published_at\n"
    b'"Ghost, live",NME,7,https://example.org/7,2021-04-03\n'
    b"'=1+1,NME,8,,3 Apr 2021 18:30:00 +0000\n"
)
_JSON_LINES = (
    b'{"title": "Queen", "id": 7, "date": "2021-04-03", "source": "NME"}\n' * 2
)
_CONFIG = b"""
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
sha256 = {"config.json" = "0000"}
"""
_TITLES = (
    "Ghost announce world tour",
    "Mötley Crüe's new album \u2018live\u2019",
    "\u0646\u062c",
)


@dataclass(frozen=True, slots=True)
class Input:
    """A kind of input.

    Attributes:
        example: A small valid one.
        read: Reads one as rocktag does, in a folder for its files; raises
            `RocktagError` or AssertionError.
        mutate: What makes a hostile one of it.
    """

    example: bytes
    read: Read
    mutate: Mutate = mutated


def inputs() -> dict[str, Input]:
    """Return every kind of input by its name."""
    manifest = json.dumps(_manifest()).encode()
    tokenizer = _tokenizer()
    source = json.dumps(
        {"table": "posts", "id": "id", "title": "title", "link": "link"}
    ).encode()
    return {
        "csv": Input(_CSV, _feed("news.csv")),
        "csv.gz": Input(gzip.compress(_CSV, mtime=0), _feed("news.csv.gz")),
        "csv in gz": Input(
            _CSV, lambda it, to: _feed("n.csv.gz")(gzip.compress(it), to)
        ),
        "json lines": Input(_JSON_LINES, _feed("news.jsonl")),
        "json line": Input(_JSON_LINES.splitlines()[0], _feed("n.jsonl"), mutated_json),
        "config": Input(_CONFIG, _config),
        "manifest": Input(manifest, _manifest_of),
        "manifest values": Input(manifest, _manifest_of, mutated_json),
        "golden": Input(_golden(), _replay),
        "golden values": Input(_golden(), _replay, mutated_json),
        "tokenizer": Input(tokenizer, _tokenize),
        "tokenizer values": Input(tokenizer, _tokenize, mutated_json),
        "predictions": Input(_npy(), _predictions),
        "zip": Input(_zip(("glove.txt", "notes/read.me")), _unpack),
        "zip names": Input(b"", _unpack, _hostile_names),
        "word vectors": Input(b"queen 0.1 0.2 0.3\nghost 1 2 3\n" * 3, _vectors),
        "checkpoint": Input(b'{"model_type": "bert"}', _checkpoint),
        "source": Input(source, _source, mutated_json),
        "title": Input(" ".join(_TITLES).encode(), _title),
    }


def _see(condition: bool, what: object) -> None:
    if not condition:
        raise AssertionError(what)


def _feed(name: str) -> Read:
    def read(content: bytes, folder: Path) -> None:
        path = folder / name
        path.write_bytes(content)
        with open_feed(path) as feed:
            for row in feed:
                _check_row(row)

    return read


def _check_row(row: Headline | Rejection) -> None:
    """See that a row can be stored, or says why not."""
    if isinstance(row, Rejection):
        _see(row.reason.isprintable(), row)
        _see(row.excerpt.isprintable(), row)
        return
    _see(refusal(row.title) is None, row)
    _see(row.title == tidy(row.title), row)
    for text in (row.source, row.external_id, row.url or ""):
        _see("\x00" not in text, row)
        text.encode()


def _config(content: bytes, folder: Path) -> None:
    path = folder / "config.toml"
    path.write_bytes(content)
    config.load(path).publishable()


def _manifest() -> dict[str, Any]:
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


def _manifest_of(content: bytes, _: Path) -> None:
    found = from_json(content, where="manifest.json")
    _see(found.name.count("/") == 1, found.name)
    _see(
        not any("/" in name or name.startswith(".") for name in found.files),
        "a path as a file name",
    )


def _golden() -> bytes:
    return json.dumps({"title": "Queen", "probabilities": [0.25, 0.75]}).encode()


def _replay(content: bytes, folder: Path) -> None:
    def predict(titles: Sequence[str]) -> Probabilities:
        return np.array([[0.25, 0.75]] * len(titles), dtype=np.float32)

    replay(predict, content, 2, folder)


def _tokenizer() -> bytes:
    return word_tokenizer.build(
        _TITLES, maximum_length=8, vocabulary_size=20, minimum_headlines=1
    )


def _tokenize(content: bytes, _: Path) -> None:
    tokenizer = litert_file.read_tokenizer(content, where="model")
    with suppress(Exception):  # loading replays golden headlines, and refuses it
        encode(tokenizer, _TITLES)


def _npy() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros((3, 2), dtype=np.float32), allow_pickle=False)
    return file.getvalue()


def _predictions(content: bytes, _: Path) -> None:
    names = ("validation_targets", "validation_probabilities")
    more = ("test_targets", "test_probabilities")
    files = {f"{name}.npy": content for name in (*names, *more)}
    predictions.load(files, 2, where="model")


def _zip(names: Sequence[str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), b"queen 0.1 0.2\n" * 9)
    return file.getvalue()


def _hostile_names(_: bytes, random: Random) -> bytes:
    parts = ("..", ".", "/", "\\", "a", "C:", "glove.txt", "\u202e", "\x1b", " ", "//")
    tokens = [token.decode(errors="ignore") for token in TOKENS]
    names = {
        "".join(random.choices((*parts, *tokens), k=random.randint(1, 6)))[:900]
        + ".txt"
        for _ in range(random.randint(1, 3))
    }
    return (
        mutated(_zip(sorted(names)), random)
        if random.random() < 0.3
        else _zip(sorted(names))
    )


def _unpack(content: bytes, folder: Path) -> None:
    inside = folder / "unpacked"
    archive = folder / "archive.zip"
    archive.write_bytes(content)
    before = {path.name for path in folder.iterdir()} | {"unpacked"}
    unpack(archive, inside, largest=_LARGEST_UNPACKED)
    _see({path.name for path in folder.iterdir()} == before, "written outside")
    _see(not any(path.is_symlink() for path in inside.rglob("*")), "a link")


def _vectors(content: bytes, folder: Path) -> None:
    path = folder / "vectors.txt"
    path.write_bytes(content)
    read_vectors(path, ["queen", "ghost"])


def _checkpoint(content: bytes, folder: Path) -> None:
    inside = folder / "checkpoint"
    inside.mkdir(exist_ok=True)
    (inside / "config.json").write_bytes(content)
    (inside / "vocab.txt").write_bytes(content)
    (inside / "model.safetensors").write_bytes(
        len(content).to_bytes(8, "little") + content
    )
    with suppress(UnusableError):  # which `locate` translates
        checkpoint.checked(inside, {})


def _source(content: bytes, folder: Path) -> None:
    file = folder / "own.db"
    _make_table(file)
    before = file.read_bytes()
    given = {"url": f"sqlite:///{file}", **_table(json.loads(content))}
    found = config.load(folder / "empty.toml", {"source": given}).source
    if found is None:
        raise AssertionError("[source] was given and is gone")
    columns = {"external_id": found.id, "title": found.title, "url": found.link}
    database = Database(found.url.get_secret_value(), read_only=True)
    try:
        for row in sources.read_rows(
            database,
            table_name=found.table,
            columns={to: name for to, name in columns.items() if name is not None},
            condition=None,
        ):
            _check_row(to_headline(row, origin="", line=None, default_source="own"))
    finally:
        database.close()
        _see(file.read_bytes() == before, "the user's database was changed")


def _table(values: Any) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise UsageError("[source] is no table")
    return {key: value for key, value in values.items() if key not in ("url", "filter")}


def _make_table(file: Path) -> None:
    if not file.exists():
        (file.parent / "empty.toml").touch()
        with sqlite3.connect(file) as own:
            own.execute("CREATE TABLE posts (id INTEGER, title TEXT, link TEXT)")
            own.execute("INSERT INTO posts VALUES (1, 'Queen', 'https://example.org')")
        own.close()


def _title(content: bytes, _: Path) -> None:
    title = content.decode("utf-8", "surrogateescape")
    if refusal(title) is None:
        stems(tidy(title))
        keyword_rules().label(tidy(title))
