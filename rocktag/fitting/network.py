"""A network made ready for one task: what fitting and serving need to know of its kind.

`cnn_bilstm` and `transformer` make one; `neural` fits it, `serving` converts it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias

from pydantic import BaseModel
from tokenizers import Tokenizer

from rocktag.argmaxability import BOUND
from rocktag.classifiers.neural_types import Examples, Schedule
from rocktag.classifiers.token_ids import Ragged, encode
from rocktag.fitting.fitted import Progress, Task
from rocktag.fitting.serving import Limits
from rocktag.splits import Indices
from rocktag.text import view

PACKAGES = ("ai-edge-litert", "keras", "tensorflow", "tokenizers")  # of any network


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """A network that was built and not fitted yet.

    Attributes:
        task: What it is built for.
        tokenizer: tokenizer.json, of training and tagging alike.
        token_ids: Of all N titles.
        model: A keras.Model, token ids (B, T) to probabilities (B, L).
        schedule: How it is fitted.
        reference: Gives the network in float32, with the model's weights of that
            moment, for batches of any form.
        served: Gives it likewise in the form that is converted.
        batch: Headlines at once that the converted file takes; None for any number.
        length: Tokens of each; None for any number.
        limits: What int8 may change.
        lowest_feature: What the output layer reads is never below it.
        packages: Whose versions it depends on.
        facts: What the manifest says of its fitting.
        remarks: Sentences for the model card.
    """

    task: Task
    tokenizer: bytes
    token_ids: Ragged
    model: Any
    schedule: Schedule
    reference: Callable[[], Any]
    served: Callable[[], Any]
    batch: int | None
    length: int | None
    limits: Limits
    lowest_feature: float = -BOUND
    packages: tuple[str, ...] = PACKAGES
    facts: Mapping[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def examples(self, rows: Indices) -> Examples:
        """Return some rows of the corpus with their targets."""
        return Examples([self.token_ids[row] for row in rows], self.task.targets[rows])


Build: TypeAlias = Callable[[Task, Progress], Network]


def token_ids_of(task: Task, tokenizer: bytes) -> Ragged:
    """Return the token ids of all titles, under the task's text view."""
    words = Tokenizer.from_str(tokenizer.decode())
    return encode(words, view(task.titles, task.settings.text_view))


def label_shares(task: Task) -> Any:
    """Return the share of the training headlines with each label (L,), in (0, 1)."""
    positives = task.targets[task.rows.train].sum(axis=0)
    return (positives + 0.5) / (len(task.rows.train) + 1)


def taken(settings: BaseModel, kind: type[Any]) -> dict[str, Any]:
    """Return the settings that a class has fields for."""
    values = settings.model_dump()
    return {one.name: values[one.name] for one in fields(kind) if one.name in values}
