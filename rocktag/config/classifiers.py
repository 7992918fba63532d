"""The tables of [train]: the classifiers' own settings, and learning from people."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, Field

from rocktag.types import ClassifierName, NetworkName

DEFAULT_BASE = "sentence-transformers/all-MiniLM-L6-v2"

Share: TypeAlias = Annotated[float, Field(ge=0, lt=1)]


class Section(BaseModel):
    """A table of config.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class BagOfWordsSettings(Section):
    """The classifiers on TF-IDF; classifiers/bag_of_words says what each value does."""

    ngrams: int = Field(1, ge=1, le=5)  # words
    minimum_headlines: int = Field(1, ge=1)
    adaboost_estimators: int = Field(50, ge=1)
    adaboost_depth: int = Field(8, ge=1)
    forest_trees: int = Field(20, ge=1)
    forest_depth: int | None = Field(None, ge=1)  # None: no limit
    forest_terms: float = Field(0.5, gt=0, le=1)
    tree_depth: int | None = Field(None, ge=1)  # None: no limit
    logistic_regression_c: float = Field(100.0, gt=0)


class HumanSettings(Section):
    """Learning from rules and people; people/ says what each value does."""

    minimum_headlines: int = Field(40, ge=2)  # that people have read
    folds: int = Field(5, ge=2, le=50)  # of them
    weight: float = Field(10.0, ge=0)  # of each, without epochs; of the rules' it is 1
    epochs: int = Field(8, ge=1)  # of a network over what they read, at the end
    learning_rate_share: float = Field(0.33, gt=0, le=1)  # of the network's own then
    hidden_share: Share = 0.5  # of headlines, shown without the rules' words too
    strength: float = Field(0.3, gt=0)  # of people over rules and model, inverse ridge


class CnnBilstmSettings(Section):
    """The CNN-BiLSTM; classifiers/cnn_bilstm and neural_training say what each does."""

    maximum_length: int = Field(40, ge=2, le=512)  # tokens
    pad_always: bool = False
    vocabulary_size: int = Field(20_000, ge=1)  # words
    minimum_headlines: int = Field(1, ge=1)
    embedding_dimension: int = Field(100, ge=1)
    embedding_trainable: bool = True
    embedding_dropout: Share = 0.2
    filters: int = Field(128, ge=1)
    kernel_width: int = Field(5, ge=1)  # words
    lstm_units: int = Field(128, ge=1)  # of each direction
    attention: Literal["additive", "dot-product"] = "additive"
    dense_layers: int = Field(1, ge=0)
    dense_units: int = Field(128, ge=1)
    dropout: Share = 0.3
    prior_bias: bool = True
    batch_size: int = Field(64, ge=1)  # headlines
    epochs: int = Field(12, ge=1)
    patience: int = Field(3, ge=1)  # epochs
    learning_rate: float = Field(2e-3, gt=0)
    learning_rate_decay: Literal["cosine", "none"] = "cosine"
    weight_decay: float = Field(1e-3, ge=0)
    negative_focus: float = Field(2.0, ge=0)


class TransformerSettings(Section):
    """The transformer; classifiers/transformer, neural_training say what each does."""

    base: Annotated[str, Field(min_length=1, max_length=500)] = DEFAULT_BASE
    head: Literal["cls", "mean-max"] = "mean-max"
    dropout: Share = 0.1
    prior_bias: bool = True
    precision: Literal["auto", "float32", "mixed_bfloat16"] = "auto"
    maximum_length: int = Field(64, ge=3, le=512)  # tokens
    pad_always: bool = False
    batch_size: int = Field(64, ge=1)  # headlines
    accumulated_batches: int = Field(1, ge=1)
    epochs: int = Field(3, ge=1)
    patience: int = Field(2, ge=1)  # epochs
    learning_rate: float = Field(3e-4, gt=0)
    learning_rate_decay: Literal["linear", "cosine", "none"] = "linear"
    warm_up: Share = 0.06
    weight_decay: float = Field(0.01, ge=0)
    gradient_clip: float = Field(1.0, ge=0)  # 0: no limit
    negative_focus: float = Field(2.0, ge=0)
    minimum_shown: int = Field(100, ge=0)  # headlines of each label an epoch


def table_name(classifier: str) -> str:
    """Return the name of the table of [train] that holds a classifier's settings.

    >>> table_name("adaboost"), table_name("cnn-bilstm")
    ('bag_of_words', 'cnn_bilstm')
    """
    return classifier.replace("-", "_") if is_network(classifier) else "bag_of_words"


def is_network(classifier: str) -> bool:
    """Say whether a classifier learns in epochs.

    >>> is_network("transformer"), is_network("adaboost")
    (True, False)
    """
    return classifier in get_args(NetworkName)


def tables() -> dict[str, type[Section]]:
    """Return the kind of table of each classifier."""
    kinds: dict[str, type[Section]] = {
        "bag_of_words": BagOfWordsSettings,
        "cnn_bilstm": CnnBilstmSettings,
        "transformer": TransformerSettings,
    }
    return {name: kinds[table_name(name)] for name in get_args(ClassifierName)}
