"""The transformer's encoder, heads and tokenizer, on tiny random checkpoints."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from rocktag.classifiers import (
    encoders,
    frameworks,
    neural_steps,
    neural_training,
    transformer,
)
from rocktag.classifiers.neural_types import Examples, Schedule
from rocktag.classifiers.transformer import Architecture
from rocktag.errors import TrainingError

FIXTURES = Path(__file__).parents[1] / "fixtures"
NAMES = ("bert-tiny", "distilbert-tiny")
HEADS = ("mean-max", "cls")
SHARES = np.array([0.5, 0.2, 0.01])
TOLERANCE = 1e-4  # of a hidden state, between two implementations
WORDS = 119  # of the fixtures' vocabulary


@cache
def network(name: str, head: Any) -> Any:
    """Return what asks a network, made once for all tests."""
    frameworks.start_over(1)
    made = transformer.build(
        Architecture(head=head), FIXTURES / name, label_shares=SHARES
    )
    return neural_steps.compiled_forward(made)


def changed(tmp_path: Path, name: str = "bert-tiny", **values: object) -> Path:
    """Return a copy of a checkpoint with other values in its config.json."""
    folder = tmp_path / name
    shutil.copytree(FIXTURES / name, folder)
    found = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**found, **values}))
    return folder


def built(folder: Path) -> Any:
    return transformer.build(Architecture(), folder, label_shares=SHARES)


def assert_as_the_reference(folder: Path) -> None:
    frameworks.start_over(1)
    from keras.ops import convert_to_tensor

    expected = json.loads((folder / "expected.json").read_text())
    encode = encoders.encoder(folder)
    token_ids, mask = (
        convert_to_tensor(expected[name], dtype="int32")
        for name in ("input_ids", "attention_mask")
    )
    found = np.asarray(encode(encoders.inputs_of(encode, token_ids, mask)))
    difference = np.abs(found - np.array(expected["last_hidden_state"]))
    assert difference[np.asarray(mask) == 1].max() < TOLERANCE


@pytest.mark.parametrize("name", NAMES)
def test_hidden_states_are_those_of_the_reference(name: str) -> None:
    assert_as_the_reference(FIXTURES / name)


@pytest.mark.parametrize("name", NAMES)
def test_hidden_states_of_others_checkpoints_are_too(name: str) -> None:
    folder = Path("../shared/fixtures") / name
    if not (folder / "expected.json").is_file():
        pytest.skip(f"no further checkpoint in {folder}")
    assert_as_the_reference(folder)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.lists(st.integers(1, WORDS - 1), min_size=2, max_size=9), min_size=1),
    st.integers(1, 20),
)
def test_padding_more_changes_no_probability(
    name: str, head: str, headlines: list[list[int]], more: int
) -> None:
    longest = max(map(len, headlines))
    token_ids = np.zeros((len(headlines), longest), dtype=np.int32)
    for row, words in enumerate(headlines):
        token_ids[row, : len(words)] = words
    padded = np.pad(token_ids, ((0, 0), (0, more)))
    forward = network(name, head)
    found = np.asarray(forward(token_ids))
    assert found.shape == (len(headlines), len(SHARES))
    assert ((found > 0) & (found < 1)).all()
    np.testing.assert_allclose(np.asarray(forward(padded)), found, rtol=0, atol=1e-5)


@pytest.mark.parametrize("head", HEADS)
def test_outputs_start_at_the_labels_shares(head: Any) -> None:
    for prior_bias, expected in ((True, SHARES), (False, np.full(3, 0.5))):
        frameworks.start_over(1)
        made = transformer.build(
            Architecture(head=head, prior_bias=prior_bias),
            FIXTURES / "distilbert-tiny",
            label_shares=SHARES,
            load_weights=False,
        )
        *others, kernel, bias = made.get_weights()
        made.set_weights([*others, np.zeros_like(kernel), bias])
        found = np.asarray(made(np.array([[2, 9, 3]], dtype=np.int32)))
        np.testing.assert_allclose(found[0], expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"model_type": "roberta"}, "of no BERT or DistilBERT"),
        ({"model_type": None}, "of no BERT or DistilBERT"),
        ({"hidden_act": "relu"}, "activation 'relu'"),
        ({"position_embedding_type": "relative_key"}, "relative_key positions"),
        ({"hidden_size": 48}, "cannot be read"),
        ({"num_hidden_layers": 3}, "cannot be read"),
    ],
)
def test_a_checkpoint_of_another_kind_is_refused(
    values: dict[str, Any], told: str, tmp_path: Path
) -> None:
    with pytest.raises(TrainingError, match=told):
        built(changed(tmp_path, "bert-tiny", **values))


def test_a_distilbert_with_another_activation_is_refused(tmp_path: Path) -> None:
    folder = changed(tmp_path, "distilbert-tiny", activation="relu")
    with pytest.raises(TrainingError, match=r"activation 'relu'.*give another base"):
        built(folder)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage", ["cut", "not one", "one layer less", "missing"])
def test_damaged_weights_are_refused(name: str, damage: str, tmp_path: Path) -> None:
    folder = changed(tmp_path, name)
    path = folder / "model.safetensors"
    match damage:
        case "cut":
            path.write_bytes(path.read_bytes()[:-400])
        case "not one":
            path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
        case "one layer less":
            kept = {
                name: array
                for name, array in load_file(path).items()
                if "layer.1." not in name
            }
            save_file(kept, path)
        case "missing":
            path.unlink()
    with pytest.raises(TrainingError, match="cannot be read"):
        built(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "\udcff"])
def test_a_damaged_configuration_is_refused(content: str, tmp_path: Path) -> None:
    folder = changed(tmp_path)
    path = folder / "config.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(TrainingError, match=r"config\.json"):
        built(folder)


def test_the_tokenizer_cuts_and_pads_nothing() -> None:
    content = transformer.tokenizer_json(FIXTURES / "distilbert-tiny", 6)
    words = Tokenizer.from_str(content.decode())
    long, short = words.encode_batch(["rock band tour album single video", "Tour"])
    assert long.tokens == ["[CLS]", "rock", "band", "tour", "album", "[SEP]"]
    assert short.tokens == ["[CLS]", "tour", "[SEP]"]
    assert words.padding is None
    assert words.truncation is not None
    assert words.truncation["max_length"] == 6
    assert words.encode("").tokens == ["[CLS]", "[SEP]"]
    again = transformer.tokenizer_json(FIXTURES / "distilbert-tiny", 6)
    assert again == content


def test_a_tokenizer_without_padding_first_is_refused(tmp_path: Path) -> None:
    folder = changed(tmp_path)
    path = folder / "vocab.txt"
    first, second, *others = path.read_text().splitlines()
    path.write_text("\n".join([second, first, *others]))
    with pytest.raises(TrainingError, match=r"has not \[PAD\] as its first word"):
        transformer.tokenizer_json(folder, 8)


@pytest.mark.parametrize("words", [[], ["more"]])
def test_a_tokenizer_of_another_vocabulary_is_refused(
    words: list[str], tmp_path: Path
) -> None:
    folder = changed(tmp_path)
    path = folder / "vocab.txt"
    known = path.read_text().splitlines()
    path.write_text("\n".join([*known, *words] if words else known[:5]))
    with pytest.raises(TrainingError, match=r"has \d+ words, the encoder 119"):
        transformer.tokenizer_json(folder, 8)


def test_the_longest_headline_is_as_the_checkpoint_has_positions() -> None:
    assert [encoders.longest(FIXTURES / name) for name in NAMES] == [48, 48]


def test_it_learns_in_bfloat16_and_over_several_batches() -> None:
    frameworks.start_over(1)
    made = transformer.build(
        Architecture(),
        FIXTURES / "distilbert-tiny",
        label_shares=np.array([0.5, 0.5]),
        precision="mixed_bfloat16",
    )
    generator = np.random.default_rng(1)
    ids = [[2, *generator.integers(80, 84, 3).tolist(), 3] for _ in range(96)]
    targets = np.array([[80 in words, 81 in words] for words in ids], dtype=np.int8)
    schedule = Schedule(
        maximum_length=8,
        pad_always=False,
        batch_size=16,
        epochs=4,
        patience=4,
        learning_rate=0.005,
        learning_rate_decay="linear",
        weight_decay=0.01,
        negative_focus=2.0,
        warm_up=0.1,
        accumulated_batches=2,
        gradient_clip=1.0,
        minimum_shown=60,
    )
    examples = Examples(ids, targets)
    rows = neural_training.fit(
        made, examples, examples, ("a", "b"), schedule, seed=1
    ).epochs
    losses = [row.training_loss for row in rows]
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.8 * losses[0]
    assert all(weights.dtype == np.float32 for weights in made.get_weights())
