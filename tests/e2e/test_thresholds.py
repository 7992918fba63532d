"""rocktag thresholds: what it prints, publishes, registers and refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rocktag.artifact import Published
from tests.e2e.conftest import Result, World

FEWER = ("--minimum-positives", "3")


def versions(world: World) -> int:
    return world.count("model_version")


def test_other_thresholds_are_published_registered_and_promoted(world: World) -> None:
    name = world.published.manifest.name
    said = world.rocktag.well(
        "thresholds", "champion", "--minimum-precision", "0.9", "--promote", "--json"
    ).object()
    assert said["tuned_from"] == name
    assert said["champion"] is True
    assert said["old"]["thresholds"] != said["new"]["thresholds"]
    assert said["new"]["validation"]["micro"]["micro_precision"] >= 0.9
    shown = world.rocktag.well("models", "show", said["version"], "--json").object()
    assert shown["thresholds"]["minimum_precision"] == 0.9
    assert shown["test"] == said["new"]["test"]
    assert versions(world) == 2
    text = world.rocktag.well(
        "thresholds", name, "--objective", "f2", "--minimum-positives", "3"
    )
    assert f"tuned from {name} for f2" in text.stdout


def test_what_is_refused_publishes_nothing(
    call: Callable[..., Result], published: Published, sqlite_url: str
) -> None:
    models_dir = published.folder.parents[1]
    here = ("--models-dir", str(models_dir), "--database-url", sqlite_url)
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
    unknown = call(*here, "thresholds", "adaboost/none")
    assert unknown == call(*here, "models", "show", "adaboost/none")
    assert sorted(models_dir.glob("*/*")) == [Path(published.folder)]
