"""Everything that rocktag reads from outside: a small valid example, and its reader."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import numpy as np

from benchmarks import examples
from benchmarks.mutations import TOKENS, mutated, mutated_json
from rocktag import config
from rocktag.artifact import litert_file, npy_file, predictions, provenance
from rocktag.artifact.golden import replay
from rocktag.artifact.manifest import from_json
from rocktag.comparing import read_gold
from rocktag.db import Database, sources
from rocktag.embeddings import read_vectors
from rocktag.encoders import checkpoint
from rocktag.encoders.sources import UnusableError
from rocktag.errors import UsageError
from rocktag.feeds import open_feed, to_headline
from rocktag.fetching import unpack
from rocktag.labeling import keyword_rules, topic_rules
from rocktag.text import refusal, stems, tidy
from rocktag.types import Headline, Probabilities, Rejection

Read: TypeAlias = Callable[[bytes, Path], object]
Mutate: TypeAlias = Callable[[bytes, Random], bytes]

_LARGEST_UNPACKED = 2**24  # bytes


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
    manifest = json.dumps(examples.manifest()).encode()
    tokenizer = examples.tokenizer()
    source = json.dumps(
        {"table": "posts", "id": "id", "title": "title", "link": "link"}
    ).encode()
    return {
        "csv": Input(examples.CSV, _feed("news.csv")),
        "csv.gz": Input(gzip.compress(examples.CSV, mtime=0), _feed("news.csv.gz")),
        "csv in gz": Input(
            examples.CSV, lambda it, to: _feed("n.csv.gz")(gzip.compress(it), to)
        ),
        "json lines": Input(examples.JSON_LINES, _feed("news.jsonl")),
        "json line": Input(
            examples.JSON_LINES.splitlines()[0], _feed("n.jsonl"), mutated_json
        ),
        "config": Input(examples.CONFIG, _config),
        "manifest": Input(manifest, _manifest_of),
        "manifest values": Input(manifest, _manifest_of, mutated_json),
        "golden": Input(examples.golden(), _replay),
        "golden values": Input(examples.golden(), _replay, mutated_json),
        "tokenizer": Input(tokenizer, _tokenize),
        "tokenizer values": Input(tokenizer, _tokenize, mutated_json),
        "predictions": Input(examples.npy("f4"), _predictions),
        "provenance": Input(npy_file.dump(np.zeros(3), np.dtype("u8")), _provenance),
        "gold": Input(b"title,labels,disputed\nGhost tour,tour;singer,song\n", _gold),
        "zip": Input(examples.zip_of(("glove.txt", "notes/read.me")), _unpack),
        "zip names": Input(b"", _unpack, _hostile_names),
        "word vectors": Input(b"queen 0.1 0.2 0.3\nghost 1 2 3\n" * 3, _vectors),
        "checkpoint": Input(b'{"model_type": "bert"}', _checkpoint),
        "source": Input(source, _source, mutated_json),
        "title": Input(" ".join(examples.TITLES).encode(), _title),
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


def _manifest_of(content: bytes, _: Path) -> None:
    found = from_json(content, where="manifest.json")
    _see(found.name.count("/") == 1, found.name)
    _see(
        not any("/" in name or name.startswith(".") for name in found.files),
        "a path as a file name",
    )


def _replay(content: bytes, folder: Path) -> None:
    def predict(titles: Sequence[str]) -> Probabilities:
        return np.array([[0.25, 0.75]] * len(titles), dtype=np.float32)

    replay(predict, content, 2, folder)


def _tokenize(content: bytes, _: Path) -> None:
    tokenizer = litert_file.read_tokenizer(content, where="model")
    with suppress(Exception):  # loading replays golden headlines, and refuses it
        litert_file.encoded(tokenizer, examples.TITLES, where="model")


def _predictions(content: bytes, _: Path) -> None:
    files = {
        f"{side}_{name}.npy": array
        for side in ("validation", "test")
        for name, array in (("targets", examples.npy("i1")), ("probabilities", content))
    }
    predictions.load(files, 2, where="model")


def _provenance(content: bytes, _: Path) -> None:
    sides = npy_file.dump(np.zeros(3), np.dtype(np.int8))
    files = dict(zip(provenance.FILE_NAMES, (content, sides), strict=True))
    found = provenance.load(files, where="model")
    _see(len(found.headline_keys) == len(found.sides), found)


def _gold(content: bytes, folder: Path) -> None:
    path = folder / "gold.csv"
    path.write_bytes(content)
    found = read_gold(path, keyword_rules().labels)
    _see(not any(map(refusal, found.titles)), found.titles)
    _see(not (found.targets[~found.scored]).any(), "given and disputed")


def _hostile_names(_: bytes, random: Random) -> bytes:
    parts = ("..", ".", "/", "\\", "a", "C:", "glove.txt", "\u202e", "\x1b", " ", "//")
    tokens = [token.decode(errors="ignore") for token in TOKENS]
    names = {
        "".join(random.choices((*parts, *tokens), k=random.randint(1, 6)))[:900]
        + ".txt"
        for _ in range(random.randint(1, 3))
    }
    return (
        mutated(examples.zip_of(sorted(names)), random)
        if random.random() < 0.3
        else examples.zip_of(sorted(names))
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
        topic_rules().label(tidy(title))
