"""The transformer on the command line, with a tiny encoder from a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.e2e.conftest import Result, Rocktag

TINY = Path(__file__).parent.parent / "fixtures" / "distilbert-tiny"


def test_the_demo_fine_tunes_the_encoder_that_it_is_given(rocktag: Rocktag) -> None:
    result = rocktag(
        *("--set", "train.transformer.epochs=1", "demo", "--base", TINY, "--json")
    )
    assert "WARNING" not in result.stderr  # TensorFlow's own are nobody's business
    shown = result.object()
    assert shown["version"].startswith("transformer/")
    assert len(shown["tagged"]) == 200
    folder = rocktag.folder / "demo" / "models" / shown["version"]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["fitting"]["encoder"]["origin"] == "folder distilbert-tiny"
    assert manifest["conversion"]["number_format"] in ("int8", "float32")
    assert manifest["argmaxability"]["label_sets"] > 36


def test_an_encoder_that_cannot_be_had_is_one_line_naming_the_sources(
    rocktag: Rocktag,
) -> None:
    rocktag.well("sample", "-n", "50", "-o", "few.csv")
    result = rocktag(
        *("train", "--classifier", "transformer", "--base", "./nowhere"),
        *("--corpus", "few.csv"),
    )
    assert result.code == 1
    (line,) = [line for line in result.stderr.splitlines() if "nowhere" in line]
    for source in ("hub", "folder", "wheel:"):
        assert source in line


def test_a_base_for_a_classifier_that_starts_from_none_is_refused(
    call: Callable[..., Result],
) -> None:
    result = call("train", "--classifier", "adaboost", "--base", "any")
    assert result.code == 2
    assert "leave --base out" in result.stderr
