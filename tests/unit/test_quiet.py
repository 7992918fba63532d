"""A module imported without its package, or without what it can do without."""

from __future__ import annotations

import importlib
import sys

import pytest

from rocktag.quiet import alone, hidden


def test_a_module_comes_alone_and_leaves_its_package_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "nltk"]:
        monkeypatch.delitem(sys.modules, name)
    module = alone("nltk.stem.porter")
    assert module.PorterStemmer().stem("announced") == "announc"
    assert "nltk" not in sys.modules


def test_what_is_imported_already_is_taken() -> None:
    assert alone("xml.etree.ElementTree") is importlib.import_module(
        "xml.etree.ElementTree"
    )


@pytest.mark.parametrize("name", ["no_such_package.part", "nltk.no_such_part"])
def test_a_module_that_is_not_there_is_an_error_and_leaves_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = name.partition(".")[0]
    for one in [one for one in sys.modules if one.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, one)
    with pytest.raises(ModuleNotFoundError):
        alone(name)
    assert package not in sys.modules


def test_what_is_hidden_cannot_be_imported_until_it_is_shown() -> None:
    with hidden("this", "sys"), pytest.raises(ModuleNotFoundError):
        importlib.import_module("this")
    assert "this" not in sys.modules
    assert importlib.import_module("sys") is sys
