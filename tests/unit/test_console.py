"""What is printed: whole cells, right-hand numbers, no secrets."""

from __future__ import annotations

import json

import pytest

from rocktag.cli import console


@pytest.fixture(autouse=True)
def _forget_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_secrets", set())


def test_a_known_password_is_hidden_wherever_it_stands() -> None:
    console.keep_secret("postgresql://ann:hunter2@host/news")
    assert console.redacted("FATAL: hunter2 is wrong") == "FATAL: *** is wrong"
    assert console.redacted("hunter22 is another word") == "hunter22 is another word"


def test_a_long_secret_is_hidden_in_the_middle_of_a_word() -> None:
    console.keep_secrets({"hunter2hunter2"})
    assert console.redacted("\x1b[31mhunter2hunter2s") == "\x1b[31m***s"


def test_a_url_never_met_before_loses_its_password() -> None:
    assert console.redacted("see mysql://u:pw@h/d") == "see mysql://u:***@h/d"


def test_a_table_cuts_nothing_and_shows_markup_as_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = "x" * 150
    console.print_table("t", ["text", "number"], [[f"[red]{long}", 1234], [None, 5]])
    printed = capsys.readouterr().out
    assert f"[red]{long}" in printed
    assert " 1,234" in printed


def test_json_is_one_line_of_unicode(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_json({"title": "Motörhead"})
    assert capsys.readouterr().out == '{"title": "Motörhead"}\n'


HOSTILE = "Queen\x1b]0;owned\x07 \x1b[31m\r\x9b2J \u202elive"
HARMLESS = "نجوم الروك\u200d 👩\u200d🎤 [bold] Motörhead"


def test_no_escape_sequence_reaches_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console.output.print(HOSTILE)
    console.print_table(HOSTILE, [HOSTILE], [[HOSTILE]])
    console.print_json({"title": HOSTILE})
    console.note(HOSTILE)
    console.fail(HOSTILE)
    printed = "".join(capsys.readouterr())
    assert not set(printed) & set("\x1b\x07\r\x9b\u202e")
    assert printed.count("x1b]0;owned") == 6


def test_json_with_control_characters_is_still_the_same_value(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console.print_json({"title": HOSTILE})
    assert json.loads(capsys.readouterr().out) == {"title": HOSTILE}


def test_text_of_any_script_is_printed_as_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console.output.print(HARMLESS)
    assert capsys.readouterr().out == f"{HARMLESS}\n"
