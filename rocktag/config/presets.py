"""Presets: named values of [train]'s tables, chosen by `train.preset`.

They stand between the defaults and what the user's own tables say: the defaults are
the weakest, a value of [train.cnn_bilstm] is stronger than the preset's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# The original study's networks, as published; of its transformer not everything is
# known: the learning rate and the dropout are those usual for DistilBERT.
SHIPPED: dict[str, Any] = {
    "study": {
        "cnn_bilstm": {
            "maximum_length": 250,
            "pad_always": True,
            "embedding_dropout": 0.0,
            "attention": "dot-product",
            "dense_layers": 2,
            "dense_units": 64,
            "dropout": 0.5,
            "prior_bias": False,
            "epochs": 30,
            "patience": 5,
            "learning_rate": 1e-4,
            "learning_rate_decay": "none",
            "weight_decay": 0.0,
            "negative_focus": 0.0,
        },
        "transformer": {
            "base": "distilbert-base-uncased",
            "head": "cls",
            "dropout": 0.2,
            "prior_bias": False,
            "precision": "float32",
            "maximum_length": 128,
            "pad_always": True,
            "batch_size": 32,
            "learning_rate": 5e-5,
            "learning_rate_decay": "none",
            "warm_up": 0.0,
            "gradient_clip": 0.0,
            "negative_focus": 0.0,
            "minimum_shown": 0,
        },
    }
}


def applied(values: Any) -> Any:
    """Return unchecked settings with the chosen preset's values below [train]'s own.

    An unknown preset stays, marked for `known`, so that it is one fault among others.

    >>> chosen = {"train": {"preset": "study", "cnn_bilstm": {"epochs": 9}}}
    >>> filled = applied(chosen)["train"]["cnn_bilstm"]
    >>> filled["epochs"], filled["maximum_length"]
    (9, 250)
    """
    if not isinstance(values, Mapping):
        return values
    train, own = values.get("train"), values.get("preset", {})
    if not isinstance(own, Mapping):
        return values
    presets = {**SHIPPED, **own}
    filled = {**values, "preset": presets}
    name = train.get("preset") if isinstance(train, Mapping) else None
    if isinstance(train, Mapping) and isinstance(name, str):
        below = presets.get(name)
        if below is None:
            filled["train"] = {**train, "preset": _Unknown(name, presets)}
        elif isinstance(below, Mapping):
            filled["train"] = merged(below, train)
    return filled


def known(name: Any) -> Any:
    """Return the name of a preset.

    Raises:
        ValueError: `applied` found that there is none of that name.
    """
    if isinstance(name, _Unknown):
        raise ValueError(f"unknown preset; known are {', '.join(name.presets)}")
    return name


def merged(weak: Mapping[str, Any], strong: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested values; where both have one that is no table, the strong one.

    >>> merged({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}})
    {'a': {'b': 3, 'c': 2}}
    """
    together = dict(weak)
    for key, value in strong.items():
        below = together.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            together[key] = merged(below, value)
        else:
            together[key] = value
    return together


class _Unknown(str):
    """The name of a preset that is not there, with those that are."""

    __slots__ = ("presets",)

    def __new__(cls, name: str, presets: Mapping[str, Any]) -> _Unknown:
        unknown = super().__new__(cls, name)
        unknown.presets = sorted(presets)
        return unknown

    presets: list[str]
