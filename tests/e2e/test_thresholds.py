"""rocktag thresholds: what it prints, publishes, registers and refuses."""

from __future__ import annotations

from collections.abc import Callable

from rocktag.artifact import Published
from tests.e2e.conftest import Result


def options_of(published: Published, url: str) -> tuple[str, ...]:
    folder = str(published.folder.parents[1])
    return ("--models-dir", folder, "--database-url", url)


def test_other_thresholds_are_published_registered_and_promoted(
    call: Callable[..., Result], published: Published, sqlite_url: str
) -> None:
    here = options_of(published, sqlite_url)
    assert call(*here, "db", "upgrade").code == 0
    name = published.manifest.name
    wanted = ("--minimum-precision", "0.9")
    said = call(*here, "thresholds", name, *wanted, "--promote", "--json").object()
    assert said["tuned_from"] == name
    assert said["champion"] is True
    assert said["old"]["thresholds"] != said["new"]["thresholds"]
    assert said["new"]["validation"]["micro"]["micro_precision"] >= 0.9
    shown = call(*here, "models", "show", "champion", "--json").object()
    assert shown["version"] == said["version"]
    assert shown["thresholds"]["minimum_precision"] == 0.9
    assert shown["test"] == said["new"]["test"]
    text = call(*here, "thresholds", name, *wanted, "--minimum-positives", "3")
    assert f"tuned from {name} for f1" in text.stdout


def test_what_is_refused_publishes_nothing(
    call: Callable[..., Result], published: Published, sqlite_url: str
) -> None:
    here = options_of(published, sqlite_url)
    assert call(*here, "db", "upgrade").code == 0
    name = published.manifest.name
    for arguments, code, said in (
        ((name, "--objective", "best"), 2, "not an objective"),
        ((name, "--minimum-precision", "1.5"), 2, "minimum precision"),
        ((name,), 2, "nothing was published"),
        (("champion",), 1, "no champion yet"),
    ):
        result = call(*here, "thresholds", *arguments)
        assert result.code == code, result.stderr
        assert said in result.stderr
    for name in ("", "decision-tree/", "decision-tree", "/"):
        result = call(*here, "thresholds", name)
        assert result.code == 1
        assert f"{name!r} is no version; give <classifier>/<version>" in result.stderr
    unknown = call(*here, "thresholds", "adaboost/none")
    assert unknown == call(*here, "models", "show", "adaboost/none")
    assert list(published.folder.parent.iterdir()) == [published.folder]
