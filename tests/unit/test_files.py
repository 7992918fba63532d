"""A file a user asked for is there whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from rocktag.errors import InputError
from rocktag.files import written_whole


def test_a_complete_file_takes_its_name(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    with written_whole(path) as file:
        file.write("a\n")
        assert not path.exists()
    assert path.read_text() == "a\n"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_one_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("old")

    def write_and_stop() -> None:
        with written_whole(path) as file:
            file.write("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_and_stop()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["missing/out.csv", "."])
def test_where_nothing_can_be_written_is_said(tmp_path: Path, name: str) -> None:
    with (
        pytest.raises(InputError, match="cannot be written"),
        written_whole(tmp_path / name),
    ):
        pass


def test_a_device_is_written_directly() -> None:
    with written_whole(Path("/dev/null")) as file:
        file.write("gone")
    assert Path("/dev/null").exists()
    assert not Path("/dev/null").is_file()


def test_a_link_stays_a_link_and_its_target_is_written(tmp_path: Path) -> None:
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_text("old")
    link.symlink_to(target)
    with written_whole(link) as file:
        file.write("new")
    assert link.is_symlink()
    assert target.read_text() == "new"
