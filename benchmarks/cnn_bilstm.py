"""The CNN-BiLSTM: one epoch of the study's shape against ours, and tagging by LiteRT.

Both epochs are of the same architecture on the same headlines, in one run; what differs
is that the study pads every batch to 250 tokens. Tagging is measured on the model of
that one epoch, with the tokenizer's part. On the real headlines in `ROCKTAG_DATA` where
they are, else on 20,000 invented ones.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.classifiers import real_or_invented
from rocktag.artifact import load, publish
from rocktag.config import Settings
from rocktag.corpus import Corpus
from rocktag.labeling import keyword_rules
from rocktag.training import Trained, train

_STUDY = {"maximum_length": 250, "pad_always": True}


def measure() -> list[dict[str, Any]]:
    """Train one epoch in each shape, then tag with what ours gave."""
    headlines = real_or_invented()
    ours, seconds = _one_epoch(headlines, {})
    _, study_seconds = _one_epoch(headlines, _STUDY)
    learned = ours.draft.facts["corpus"]["training"]
    number_format = ours.draft.facts["conversion"]["number_format"]
    tagging = _tagging(ours, headlines)
    return [
        _row("training, padded to 250", learned, study_seconds, study_seconds),
        _row("training, padded to the batch", learned, seconds, study_seconds),
        _row(f"tagging, LiteRT {number_format}", len(headlines.titles), tagging, None),
    ]


def _one_epoch(headlines: Corpus, network: dict[str, Any]) -> tuple[Trained, float]:
    """Return what one epoch gives, and the seconds of its steps, the first one apart.

    The first step compiles the graph; it does so once, however many epochs follow.
    """
    times: list[tuple[float, int]] = []

    def note(stage: str, done: int, steps: int, detail: str = "", /) -> None:
        if stage == "fit":
            times.append((time.perf_counter(), done))

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate(
            {
                "models_dir": folder,
                "train": {
                    "classifier": "cnn-bilstm",
                    "cnn_bilstm": {**network, "epochs": 1},
                },
            }
        )
        trained = train(headlines, keyword_rules(), settings, note)
    (begun, first), (ended, last) = times[0], times[-1]
    return trained, (ended - begun) / (last - first) * last


def _tagging(trained: Trained, headlines: Corpus) -> float:
    """Return the seconds that all headlines take, the best of three times."""
    with tempfile.TemporaryDirectory() as folder:
        published = publish(Path(folder), trained.draft, training_seconds=0)
        artifact = load(Path(folder), published.manifest.name)
        seconds = []
        for _ in range(3):
            begun = time.perf_counter()
            artifact.predict(headlines.titles)
            seconds.append(time.perf_counter() - begun)
    return min(seconds)


def _row(
    what: str, headlines: int, seconds: float, compared: float | None
) -> dict[str, Any]:
    return {
        "what": what,
        "headlines": headlines,
        "seconds": round(seconds, 1),
        "headlines/s": round(headlines / seconds),
        "times the study's": round(compared / seconds, 1) if compared else "-",
    }
