"""Fetching from a real web server that misbehaves, and unpacking what it gives."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rocktag.errors import InputError
from rocktag.fetching import (
    GLOVE_6B,
    KNOWN_DOWNLOADS,
    Download,
    default_cache_folder,
    fetch,
    unpack,
)

CONTENT = bytes(range(256)) * 4_000  # 1,024,000 bytes
HALF = len(CONTENT) // 2
NO_WAITS = (0.0, 0.0, 0.0)

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Gives the site's next scripted answer, in the end always the content."""

    server: Site

    def do_GET(self) -> None:
        """Note what is asked for, and answer."""
        self.server.asked.append(dict(self.headers))
        script = self.server.script
        answer = script.pop(0) if script else whole
        with contextlib.suppress(ConnectionError):
            answer(self)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - likewise
        """Say nothing on the console."""

    def begin(self, status: int, headers: dict[str, str], length: int | None) -> None:
        """Send the status and the headers."""
        self.send_response(status)
        if self.server.etag:
            self.send_header("ETag", self.server.etag)
        for name, value in headers.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def range_start(self) -> int:
        """Return the first byte asked for, 0 if the content is another by now."""
        wanted = self.headers.get("Range", "bytes=0-")
        if self.headers.get("If-Range", self.server.etag) != self.server.etag:
            return 0
        return int(wanted.removeprefix("bytes=").removesuffix("-"))


class Site(ThreadingHTTPServer):
    """A web server on this machine, and what it was asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.etag = '"first"'
        self.script: list[Answer] = []
        self.asked: list[dict[str, str]] = []

    def download(self, content: bytes = CONTENT) -> Download:
        """Return what this site offers, if it is to have that content."""
        return Download(
            name="vectors.zip",
            url=f"http://127.0.0.1:{self.server_port}/vectors.zip",
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            license="PDDL-1.0",
        )


def send(handler: Handler, start: int, end: int) -> None:
    """Answer with a part of the content, though the headers promise all the rest."""
    content = handler.server.content
    headers = {}
    if start:
        last = f"{len(content) - 1}/{len(content)}"
        headers = {"Content-Range": f"bytes {start}-{last}"}
    handler.begin(206 if start else 200, headers, len(content) - start)
    handler.wfile.write(content[start:end])


def whole(handler: Handler) -> None:
    send(handler, handler.range_start(), len(handler.server.content))


def broken_after(byte_count: int) -> Answer:
    def answer(handler: Handler) -> None:
        start = handler.range_start()
        send(handler, start, start + byte_count)

    return answer


def without_range(handler: Handler) -> None:
    send(handler, 0, len(handler.server.content))


def from_another_byte(handler: Handler) -> None:
    send(handler, 7, len(handler.server.content))


def without_if_range(handler: Handler) -> None:
    start = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    send(handler, start, len(handler.server.content))


def without_length(handler: Handler) -> None:
    handler.begin(200, {}, None)
    handler.wfile.write(handler.server.content)


def refusal(status: int) -> Answer:
    return lambda handler: handler.begin(status, {}, 0)


def redirect_to(url: str) -> Answer:
    return lambda handler: handler.begin(302, {"Location": url}, 0)


def silent(handler: Handler) -> None:
    handler.begin(200, {}, len(handler.server.content))
    handler.wfile.write(handler.server.content[:HALF])
    handler.wfile.flush()
    time.sleep(1.0)


def slow(handler: Handler) -> None:
    handler.begin(200, {}, len(handler.server.content))
    for start in range(0, len(handler.server.content), HALF // 4):
        handler.wfile.write(handler.server.content[start : start + HALF // 4])
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Site()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "rocktag"


def fetching_process(site: Site, cache: Path) -> subprocess.Popen[bytes]:
    code = f"""
from pathlib import Path
from rocktag.fetching import Download, fetch
fetch({site.download()!r}, Path({str(cache)!r}))
"""
    return subprocess.Popen([sys.executable, "-c", code])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_fetched_once_and_nothing_else_is_left(
    site: Site, cache: Path
) -> None:
    path = fetch(site.download(), cache)
    assert path.read_bytes() == CONTENT
    assert fetch(site.download(), cache) == path
    assert len(site.asked) == 1
    assert names(cache) == ["vectors.zip"]


def test_progress_grows_to_the_size(site: Site, cache: Path) -> None:
    site.script = [broken_after(HALF)]
    seen: list[tuple[int, int]] = []
    fetch(
        site.download(),
        cache,
        on_progress=lambda *at: seen.append(at),
        retry_waits=NO_WAITS,
    )
    assert seen == sorted(seen)
    assert seen[-1] == (len(CONTENT), len(CONTENT))


def test_a_broken_connection_is_continued_where_it_broke(
    site: Site, cache: Path
) -> None:
    site.script = [broken_after(HALF), broken_after(1_000)]
    path = fetch(site.download(), cache, retry_waits=NO_WAITS)
    assert path.read_bytes() == CONTENT
    ranges = [headers.get("Range") for headers in site.asked]
    assert ranges == [None, f"bytes={HALF}-", f"bytes={HALF + 1_000}-"]
    assert site.asked[1]["If-Range"] == '"first"'


def test_many_breaks_are_outlasted_as_long_as_more_arrives(
    site: Site, cache: Path
) -> None:
    site.script = [broken_after(len(CONTENT) // 10)] * 9
    path = fetch(site.download(), cache, retry_waits=[0.0])
    assert path.read_bytes() == CONTENT


def test_a_later_run_continues_what_an_earlier_one_gave_up(
    site: Site, cache: Path
) -> None:
    site.script = [broken_after(HALF)]
    with pytest.raises(InputError, match=r"512,000 of 1,024,000 bytes are kept"):
        fetch(site.download(), cache, retry_waits=())
    assert fetch(site.download(), cache).read_bytes() == CONTENT
    assert site.asked[1]["Range"] == f"bytes={HALF}-"


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(breaks=st.lists(st.integers(0, len(CONTENT)), max_size=4))
def test_wherever_it_breaks_the_whole_arrives(
    site: Site, tmp_path_factory: pytest.TempPathFactory, breaks: list[int]
) -> None:
    site.script = [broken_after(byte_count) for byte_count in breaks]
    folder = tmp_path_factory.mktemp("cache")
    path = fetch(site.download(), folder, retry_waits=(0.0,) * 5)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("answer", [without_range, from_another_byte])
def test_a_server_that_ignores_the_range_makes_a_clean_start(
    site: Site, cache: Path, answer: Answer
) -> None:
    site.script = [broken_after(HALF), answer]
    path = fetch(site.download(), cache, retry_waits=NO_WAITS)
    assert path.read_bytes() == CONTENT


def test_a_server_that_never_reaches_further_is_given_up(
    site: Site, cache: Path
) -> None:
    site.etag = ""
    site.script = [lambda handler: send(handler, 0, HALF)] * 10
    with pytest.raises(InputError, match="connection ended after 512,000 bytes"):
        fetch(site.download(), cache, retry_waits=NO_WAITS)
    assert len(site.asked) == 4


@pytest.mark.parametrize("answer", [whole, without_if_range])
def test_content_that_changed_in_between_is_begun_anew(
    site: Site, cache: Path, answer: Answer
) -> None:
    site.content = CONTENT[::-1]
    site.script = [broken_after(HALF)]
    with pytest.raises(InputError):
        fetch(site.download(), cache, retry_waits=())
    site.content, site.etag = CONTENT, '"second"'
    site.script = [answer]
    path = fetch(site.download(), cache, retry_waits=NO_WAITS)
    assert path.read_bytes() == CONTENT


def test_a_weak_etag_is_not_used_to_continue(site: Site, cache: Path) -> None:
    site.etag = 'W/"first"'
    site.script = [broken_after(HALF)]
    fetch(site.download(), cache, retry_waits=NO_WAITS)
    assert "If-Range" not in site.asked[1]


def test_a_wrong_content_is_removed_and_told(site: Site, cache: Path) -> None:
    site.content = CONTENT[::-1]
    with pytest.raises(InputError, match=r"another file than expected: sha256 .* not"):
        fetch(site.download(), cache)
    assert names(cache) == []


def test_a_wrong_length_is_told_before_anything_is_fetched(
    site: Site, cache: Path
) -> None:
    site.content = CONTENT + b"more"
    with pytest.raises(InputError, match="offers 1024004 bytes, 1024000 are expected"):
        fetch(site.download(), cache, retry_waits=NO_WAITS)
    assert len(site.asked) == 1
    assert names(cache) == []


def test_a_server_need_not_tell_the_length(site: Site, cache: Path) -> None:
    site.script = [without_length]
    assert fetch(site.download(), cache).read_bytes() == CONTENT


def test_never_more_is_written_than_the_file_has(site: Site, cache: Path) -> None:
    site.content = CONTENT * 3
    site.script = [without_length]
    assert fetch(site.download(), cache).stat().st_size == len(CONTENT)


def test_a_file_that_is_there_but_wrong_is_fetched_again(
    site: Site, cache: Path
) -> None:
    cache.mkdir(parents=True)
    (cache / "vectors.zip").write_bytes(CONTENT[:-1] + b"!")
    assert fetch(site.download(), cache).read_bytes() == CONTENT


@pytest.mark.parametrize("excess", [b"", b"too much"])
def test_a_part_that_cannot_be_continued_is_begun_anew(
    site: Site, cache: Path, excess: bytes
) -> None:
    cache.mkdir(parents=True)
    (cache / "vectors.zip.part").write_bytes(CONTENT[:-1] + excess)
    site.script = [] if excess else [refusal(416)]
    path = fetch(site.download(), cache, retry_waits=NO_WAITS)
    assert path.read_bytes() == CONTENT


def test_what_the_server_does_not_have_is_not_asked_for_twice(
    site: Site, cache: Path
) -> None:
    site.script = [refusal(404)]
    with pytest.raises(InputError, match="answers 404 Not Found"):
        fetch(site.download(), cache, retry_waits=NO_WAITS)
    assert len(site.asked) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(site: Site, cache: Path, status: int) -> None:
    site.script = [refusal(status)] * 2
    path = fetch(site.download(), cache, retry_waits=NO_WAITS)
    assert path.read_bytes() == CONTENT
    assert len(site.asked) == 3


def test_a_silent_server_is_left_after_the_timeout(site: Site, cache: Path) -> None:
    site.script = [silent]
    path = fetch(site.download(), cache, retry_waits=NO_WAITS, timeout=0.2)
    assert path.read_bytes() == CONTENT
    assert site.asked[1]["Range"] == f"bytes={HALF}-"


def test_a_slow_server_is_waited_for(site: Site, cache: Path) -> None:
    site.script = [slow]
    assert fetch(site.download(), cache, timeout=0.5).read_bytes() == CONTENT
    assert len(site.asked) == 1


def test_no_server_is_an_error_that_says_so(site: Site, cache: Path) -> None:
    download = site.download()
    site.shutdown()
    site.socket.close()
    with pytest.raises(InputError, match=r"cannot be fetched: .*refused"):
        fetch(download, cache, retry_waits=[0.0])


def test_each_new_attempt_is_told_and_none_leaves_anything(
    site: Site, cache: Path
) -> None:
    download = site.download()
    site.shutdown()
    site.socket.close()
    told: list[tuple[str, float]] = []
    with pytest.raises(InputError):
        fetch(
            download,
            cache,
            retry_waits=[0.0, 0.01],
            on_retry=lambda fault, wait: told.append((fault, wait)),
        )
    assert [wait for _, wait in told] == [0.0, 0.01]
    assert "refused" in told[0][0]
    assert names(cache) == []


def test_a_redirect_within_the_web_is_followed(site: Site, cache: Path) -> None:
    site.script = [redirect_to("/elsewhere")]
    assert fetch(site.download(), cache).read_bytes() == CONTENT


@pytest.mark.parametrize("scheme", ["file", "ftp"])
def test_a_redirect_out_of_the_web_is_refused(
    site: Site, cache: Path, scheme: str
) -> None:
    site.script = [redirect_to(f"{scheme}:///etc/hostname")]
    with pytest.raises(InputError):
        fetch(site.download(), cache, retry_waits=())


def test_two_processes_that_fetch_at_once_ask_once(site: Site, cache: Path) -> None:
    site.script = [slow]
    processes = [fetching_process(site, cache) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert (cache / "vectors.zip").read_bytes() == CONTENT
    assert len(site.asked) == 1


def test_a_process_that_was_killed_leaves_what_the_next_continues(
    site: Site, cache: Path
) -> None:
    site.script = [silent]
    process = fetching_process(site, cache)
    while not (cache / "vectors.zip.part").exists() or not site.asked:
        time.sleep(0.01)
    time.sleep(0.1)
    process.kill()
    process.wait()
    assert fetch(site.download(), cache).read_bytes() == CONTENT
    assert site.asked[1].get("Range", "bytes=0-") != "bytes=0-"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_an_error_that_says_so(site: Site, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "vectors.zip.part").symlink_to("/dev/full")
    with pytest.raises(InputError, match="No space left on device; make room"):
        fetch(site.download(), cache)


def test_a_folder_that_cannot_be_made_is_an_error_that_says_so(
    site: Site, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written: Not a directory"):
        fetch(site.download(), tmp_path / "file" / "cache")
    assert not site.asked


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("a.zip", "file:///etc/passwd"),
        ("a.zip", "ftp://a.org/a"),
        ("../a.zip", "https://a.org/a"),
        ("", "https://a.org/a"),
        ("..", "https://a.org/a"),
    ],
)
def test_only_the_web_and_plain_names_can_be_fetched(name: str, url: str) -> None:
    with pytest.raises(InputError):
        Download(name=name, url=url, size=1, sha256="0" * 64, license="PDDL-1.0")


def test_the_known_downloads_have_whole_checksums() -> None:
    assert KNOWN_DOWNLOADS["glove.6B"] is GLOVE_6B
    for download in KNOWN_DOWNLOADS.values():
        assert download.url.startswith("https://")
        assert len(bytes.fromhex(download.sha256)) == 32


def test_the_cache_follows_the_xdg_specification(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache_folder() == tmp_path / "rocktag"
    for ignored in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", ignored)
        assert default_cache_folder() == Path.home() / ".cache" / "rocktag"


NO_MODES = MappingProxyType[str, int]({})


def zipped(
    path: Path, members: dict[str, bytes], modes: MappingProxyType[str, int] = NO_MODES
) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = modes.get(name, stat.S_IFREG | 0o644) << 16
            archive.writestr(info, content, zipfile.ZIP_DEFLATED)
    return path


def test_the_texts_of_an_archive_are_written_whole(tmp_path: Path) -> None:
    members = {"a.txt": b"a 1\n" * 999, "in/b.TXT": b"", "c.exe": b"!", "in/": b""}
    members["__MACOSX/._a.txt"] = b"shadow"
    archive = zipped(tmp_path / "a.zip", members)
    folder = tmp_path / "out"
    assert unpack(archive, folder) == [folder / "a.txt", folder / "in" / "b.TXT"]
    assert (folder / "a.txt").read_bytes() == members["a.txt"]
    assert names(folder) == ["a.txt", "in"]
    assert names(folder / "in") == ["b.TXT"]


def test_unpacking_again_writes_only_what_is_missing_or_wrong(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"a.txt": b"right", "b.txt": b"right"})
    first, second = unpack(archive, tmp_path / "out")
    inode = first.stat().st_ino
    second.write_bytes(b"wrong")
    assert unpack(archive, tmp_path / "out") == [first, second]
    assert first.stat().st_ino == inode
    assert second.read_bytes() == b"right"


@pytest.mark.parametrize(
    "name",
    ["../b.txt", "/b.txt", "in/../../b.txt", "..\\b.txt", "C:\\b.txt", "\\b.txt"],
)
def test_a_member_that_leads_out_of_the_folder_stops_all(
    tmp_path: Path, name: str
) -> None:
    archive = zipped(tmp_path / "a.zip", {"a.txt": b"good", name: b"bad"})
    with pytest.raises(InputError, match="leads out of the folder"):
        unpack(archive, tmp_path / "out")
    assert names(tmp_path) == ["a.zip"]


def test_a_symbolic_link_stops_all(tmp_path: Path) -> None:
    modes = MappingProxyType({"b.txt": stat.S_IFLNK | 0o777})
    members = {"a.txt": b"good", "b.txt": b"/etc/passwd"}
    archive = zipped(tmp_path / "a.zip", members, modes)
    with pytest.raises(InputError, match="is a symbolic link"):
        unpack(archive, tmp_path / "out")
    assert names(tmp_path) == ["a.zip"]


def test_a_link_in_the_folder_leads_nothing_out_of_it(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "in").symlink_to(tmp_path / "elsewhere")
    archive = zipped(tmp_path / "a.zip", {"in/a.txt": b"bad"})
    with pytest.raises(InputError, match="behind a link"):
        unpack(archive, tmp_path / "out")
    assert names(tmp_path / "elsewhere") == []


def test_an_archive_larger_than_allowed_is_not_unpacked(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"a.txt": b"0" * 600, "b.txt": b"0" * 600})
    with pytest.raises(InputError, match="would unpack to 1,200 bytes"):
        unpack(archive, tmp_path / "out", largest=1_000)
    assert names(tmp_path / "out") == []


def test_a_member_larger_than_it_says_is_not_written(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"a.txt": b"0" * 600})
    true, false = (size.to_bytes(4, "little") for size in (600, 60))
    archive.write_bytes(archive.read_bytes().replace(true, false))
    with pytest.raises(InputError, match="cannot be unpacked"):
        unpack(archive, tmp_path / "out")
    assert names(tmp_path / "out") == []


@pytest.mark.parametrize("damage", ["cut", "flipped", "no zip"])
def test_a_damaged_archive_is_one_clear_error(tmp_path: Path, damage: str) -> None:
    archive = zipped(tmp_path / "a.zip", {"a.txt": os.urandom(600)})
    content = bytearray(archive.read_bytes())
    if damage == "flipped":
        content[100] ^= 255
    left = {"cut": content[:300], "flipped": content, "no zip": bytearray(b"text")}
    archive.write_bytes(left[damage])
    with pytest.raises(InputError, match="cannot be unpacked"):
        unpack(archive, tmp_path / "out")


def test_an_archive_without_texts_is_an_error(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"a.exe": b"!"})
    with pytest.raises(InputError, match=r"holds no \.txt file"):
        unpack(archive, tmp_path / "out")


def test_a_fetched_archive_can_be_unpacked(site: Site, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"vectors.2d.txt": b"the 0.5 -1\n"})
    site.content = archive.read_bytes()
    site.script = [broken_after(50)]
    download = site.download(site.content)
    path = fetch(download, tmp_path / "cache", retry_waits=NO_WAITS)
    [text] = unpack(path, tmp_path / "cache")
    assert text.read_text("utf-8") == "the 0.5 -1\n"
