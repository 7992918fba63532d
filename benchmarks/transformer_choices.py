"""What the transformer's head and its care for rare labels are worth, after one epoch.

Each row is one training on the same split of the real headlines in `ROCKTAG_DATA`
where they are, else of 20,000 invented ones. `rules` serves labels of fewer than 50
positives by the keyword rules, which are right by definition here.
"""

from __future__ import annotations

import tempfile
import time
from typing import Any

from benchmarks.classifiers import real_or_invented
from benchmarks.transformer import located_encoder
from rocktag.config import Settings
from rocktag.corpus import Corpus
from rocktag.encoders import Encoder
from rocktag.labeling import keyword_rules
from rocktag.training import Trained, train

_RARE = 50  # positives among all headlines, at most

_CHOICES: tuple[tuple[str, str, dict[str, Any], int], ...] = (
    ("mean-max", "repeated, focus", {}, 0),
    ("cls", "repeated, focus", {"head": "cls"}, 0),
    ("mean-max", "focus", {"minimum_shown": 0}, 0),
    ("mean-max", "rules", {"minimum_shown": 0, "negative_focus": 0.0}, _RARE),
)


def measure() -> list[dict[str, Any]]:
    """Train each choice for one epoch, and score it on the same test side."""
    headlines, encoder = real_or_invented(), located_encoder()
    return [
        _row(head, care, _trained(headlines, encoder, network, rules_below))
        for head, care, network, rules_below in _CHOICES
    ]


def _trained(
    headlines: Corpus, encoder: Encoder, network: dict[str, Any], rules_below: int
) -> tuple[Trained, float]:
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.model_validate(
            {
                "models_dir": folder,
                "train": {
                    "classifier": "transformer",
                    "rules_below": rules_below,
                    "transformer": {**network, "epochs": 1},
                },
            }
        )
        found = train(
            headlines, keyword_rules(), settings, lambda *_: None, encoder=encoder
        )
    return found, time.perf_counter() - begun


def _row(head: str, care: str, came: tuple[Trained, float]) -> dict[str, Any]:
    trained, seconds = came
    scores = trained.scores["macro"]
    rare = [row.f1 for row in scores.per_label if row.support <= _RARE // 5]
    return {
        "head": head,
        "rare labels": care,
        "micro F1": round(trained.scores["micro"].micro.f1, 4),
        "macro F1": round(scores.macro.f1, 4),
        f"mean F1 of {len(rare)} rarest": round(sum(rare) / max(len(rare), 1), 4),
        "labels at 0": sum(row.f1 == 0 for row in scores.per_label),
        "seconds": round(seconds),
    }
