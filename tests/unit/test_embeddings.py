"""Reading word vectors, whatever they are packed in and whatever is wrong in them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import os
import re
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rocktag.embeddings import MalformedLine, coverage, look, read_vectors
from rocktag.embeddings.lines import LONGEST_LINE
from rocktag.errors import InputError, UsageError

THREE = b"the 0.5 -1\nof 0.25 2\nand 4 8e-1\n"
WORDS = ["the", "of", "and"]

Vectors = npt.NDArray[np.float32]


def is_unambiguous(word: str) -> bool:
    """Whether no part behind a space could be taken for a number."""
    return not re.search(r" [+-]?(\d|\.\d)", word)


NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="\n"), min_size=1, max_size=8
).filter(lambda word: word == word.strip(" ") and is_unambiguous(word))
NUMBERS = st.floats(-1e6, 1e6, width=32)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], Vectors]:
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    dimension = draw(st.integers(1, 5))
    return names, draw(arrays(np.float32, (len(names), dimension), elements=NUMBERS))


def as_text(names: list[str], vectors: Vectors, end: str = "\n") -> bytes:
    rows = zip(names, vectors.tolist(), strict=True)
    lines = (" ".join([name, *map(repr, numbers)]) + end for name, numbers in rows)
    return "".join(lines).encode()


def written(path: Path, text: bytes) -> Path:
    """Write the text as plain, gzip or zip, after the path's suffix."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("vectors.txt", text)
    else:
        path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


@pytest.fixture
def three(tmp_path: Path) -> Path:
    return written(tmp_path / "three.txt", THREE)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "glove.zip"
    with zipfile.ZipFile(path, "w") as members:
        members.writestr("glove.2d.txt", THREE)
        members.writestr("glove.3d.txt", b"the 1 2 3\n")
    return path


@settings(deadline=None)
@given(
    table=tables(),
    suffix=st.sampled_from([".txt", ".gz", ".zip"]),
    end=st.sampled_from(["\n", "\r\n", " \n"]),
    has_header=st.booleans(),
)
def test_vectors_that_are_written_are_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    table: tuple[list[str], Vectors],
    suffix: str,
    end: str,
    has_header: bool,
) -> None:
    names, vectors = table
    text = as_text(names, vectors, end)
    if has_header:
        text = b"%d %d\n" % vectors.shape + text
    path = written(tmp_path_factory.mktemp("vectors") / f"vectors{suffix}", text)
    read = read_vectors(path, names)
    assert read.found.all()
    assert np.array_equal(read.vectors, vectors)
    assert (read.malformed_count, read.line_count) == (0, len(names))
    assert read.sha256 == hashlib.sha256(text).hexdigest()


@settings(deadline=None)
@given(table=tables(), data=st.data())
def test_malformed_lines_change_no_vector_and_are_told_by_number(
    tmp_path_factory: pytest.TempPathFactory,
    table: tuple[list[str], Vectors],
    data: st.DataObject,
) -> None:
    names, vectors = table
    assume(min(vectors.shape) > 1)
    lines = [as_text([name], vectors[[row]]) for row, name in enumerate(names)]
    at = data.draw(st.integers(0, len(lines)))
    lines.insert(at, data.draw(st.sampled_from([b"\n", b"word\n", b"\xff 1e0\n"])))
    path = tmp_path_factory.mktemp("vectors") / "vectors.txt"
    path.write_bytes(b"".join(lines))
    read = read_vectors(path, names, dimension=vectors.shape[1])
    assert np.array_equal(read.vectors, vectors)
    assert [line.number for line in read.malformed] == [at + 1]


def test_the_vocabulary_orders_the_rows_and_picks_the_words(three: Path) -> None:
    read = read_vectors(three, ["and", "rock", "the"])
    assert read.vectors.tolist() == [[4, np.float32(0.8)], [0, 0], [0.5, -1]]
    assert read.found.tolist() == [True, False, True]
    assert read.vectors.dtype == np.float32


def test_rows_without_a_word_stay_zero(three: Path) -> None:
    read = read_vectors(three, {"of": 2})
    assert read.vectors.tolist() == [[0, 0], [0, 0], [0.25, 2]]


def test_case_is_not_folded(three: Path) -> None:
    assert not read_vectors(three, ["The"]).found.any()


def test_the_first_of_several_vectors_of_a_word_counts(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", b"the 1 2\nof 3 4\nthe 5 6\n")
    assert read_vectors(path, ["the"]).vectors.tolist() == [[1, 2]]


def test_repeated_words_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", THREE + THREE + b"unasked 1 2\nunasked 1 2\n")
    assert read_vectors(path, WORDS).repeated_count == 3


def test_a_look_tells_the_dimension_and_leaves_a_pipe_alone(
    archive: Path, three: Path
) -> None:
    assert look(three) == 2
    assert look(archive, dimension=3) == 3
    pipe = three.with_name("pipe")
    os.mkfifo(pipe)
    assert look(pipe) is None


def test_words_may_hold_spaces(tmp_path: Path) -> None:
    text = b". . . 1.5 2\nat name@domain.com 3 4\narea 51 5 6\n"
    read = read_vectors(written(tmp_path / "a.txt", text + THREE), [". . .", "area 51"])
    assert read.vectors.tolist() == [[1.5, 2], [5, 6]]


def test_a_byte_order_mark_is_no_part_of_the_first_word(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", b"\xef\xbb\xbf" + THREE)
    assert read_vectors(path, WORDS).found.all()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "empty"),
        (b"rock 1", "1 number, not 2"),
        (b"rock 1.5 2.5 3.5", "more than 2 numbers"),
        (b"rock 1 x", "'x' is not a finite number"),
        (b"rock nan 1", "'nan' is not a finite number"),
        (b"rock 1 -inf", "'-inf' is not a finite number"),
        (b"rock 1 1_0", "'1_0' is not a finite number"),
        (b"rock 1 1.2.3", "'1.2.3' is not a finite number"),
        (b"rock 1 1e39", "a number is beyond 1,000,000"),
        (b"rock 1 -1000001", "a number is beyond 1,000,000"),
        (b"rock\xff 1 2", "not UTF-8: byte 0xff in the word"),
        (b"rock 1 \xff", r"'\\xff' is not a finite number"),
        (b" 1 2", "begins with a space, not with a word"),
        (b"rock  1 2", "two spaces in a row"),
        (b"rock  1", "two spaces in a row"),
        (b"rock 1  2", "two spaces in a row"),
        (b"x" * LONGEST_LINE, "longer than 1,048,576 bytes"),
    ],
)
def test_each_malformed_line_is_told_with_its_reason(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    path = written(tmp_path / "a.txt", THREE + line + b"\nrock 3 4\n")
    read = read_vectors(path, [*WORDS, "rock"])
    assert read.malformed == (MalformedLine(4, reason),)
    assert read.vectors[3].tolist() == [3, 4]
    assert (read.line_count, read.malformed_count) == (5, 1)


def test_only_the_first_malformed_lines_are_kept_but_all_are_counted(
    tmp_path: Path,
) -> None:
    path = written(tmp_path / "a.txt", THREE * 100 + b"bad 1\n" * 150)
    read = read_vectors(path, WORDS)
    assert (len(read.malformed), read.malformed_count) == (100, 150)
    assert read.malformed[0] == MalformedLine(301, "1 number, not 2")


def test_a_malformed_first_line_does_not_decide_the_dimension(tmp_path: Path) -> None:
    read = read_vectors(written(tmp_path / "a.txt", b"rock 1 2 3 4\n" + THREE), WORDS)
    assert (read.dimension, read.malformed_count) == (2, 0)
    assert read.found.all()


def test_a_header_that_promises_other_lines_is_told(tmp_path: Path) -> None:
    read = read_vectors(written(tmp_path / "a.txt", b"4 2\n" + THREE), WORDS)
    reason = "promises 4 words, 3 lines follow"
    assert read.malformed == (MalformedLine(1, reason),)
    assert read.found.all()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\n\n",
        b"3 2\n",
        b"no vectors here\n",
        b"title,source\nQueen tour 1986,NME\n",
        b"2 2\n" + bytes(range(256)) * 8,
        b"the 1 2\n" + b"of\n" * 2,
        THREE.decode().encode("utf-16"),
    ],
)
def test_a_file_without_vectors_is_one_clear_error(tmp_path: Path, text: bytes) -> None:
    path = written(tmp_path / "a.txt", text)
    with pytest.raises(InputError, match=r"a\.txt .*give a GloVe or word2vec text"):
        read_vectors(path, WORDS)


def test_another_dimension_than_asked_for_is_an_error(three: Path) -> None:
    with pytest.raises(InputError, match="has 2 numbers in a line, not 50"):
        read_vectors(three, WORDS, dimension=50)


def test_a_member_is_chosen_by_name_by_colon_or_by_dimension(archive: Path) -> None:
    for read in (
        read_vectors(archive, WORDS, member="glove.3d.txt"),
        read_vectors(f"{archive}:glove.3d.txt", WORDS),
        read_vectors(archive, WORDS, dimension=3),
    ):
        assert read.vectors[0].tolist() == [1, 2, 3]
        assert read.origin == f"{archive}:glove.3d.txt"


@pytest.mark.parametrize(
    ("member", "dimension"), [(None, None), ("a", None), (None, 9)]
)
def test_an_archive_that_leaves_the_choice_lists_its_members(
    archive: Path, member: str | None, dimension: int | None
) -> None:
    names = r"glove\.2d\.txt, glove\.3d\.txt; name one as .*glove\.zip:glove\.2d\.txt"
    with pytest.raises(InputError, match=names):
        read_vectors(archive, WORDS, member=member, dimension=dimension)


def test_a_member_of_a_plain_file_is_an_error(three: Path) -> None:
    with pytest.raises(InputError, match="is no zip archive"):
        read_vectors(three, WORDS, member="glove.2d.txt")


@pytest.mark.parametrize("suffix", [".gz", ".zip"])
def test_a_damaged_archive_is_one_clear_error(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / f"a{suffix}", THREE * 999)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match="cannot be read to its end"):
        read_vectors(path, WORDS)


def test_an_encrypted_archive_is_one_clear_error(archive: Path) -> None:
    content = bytearray(archive.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    with pytest.raises(InputError, match="is encrypted; unpack it"):
        read_vectors(archive, WORDS, dimension=3)


def test_no_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_vectors(tmp_path / "none.zip", WORDS)


@pytest.mark.parametrize(
    "vocabulary", [["the", "the"], {"the": 1, "of": 1}, {"the": -1}]
)
def test_a_vocabulary_whose_rows_clash_is_refused(
    three: Path, vocabulary: list[str] | dict[str, int]
) -> None:
    with pytest.raises(UsageError, match="vocabulary is not usable"):
        read_vectors(three, vocabulary)


@pytest.mark.parametrize("suffix", [".txt", ".gz", ".zip"])
def test_progress_grows_to_the_size(tmp_path: Path, suffix: str) -> None:
    path = written(tmp_path / f"a{suffix}", THREE * 5_000)
    seen: list[tuple[int, int]] = []
    read_vectors(path, WORDS, on_progress=lambda *at: seen.append(at))
    assert seen == sorted(seen)
    assert len(seen) > 2
    assert seen[-1][0] == seen[-1][1] > 0


def test_coverage_weighs_words_once_and_tokens_by_their_number(three: Path) -> None:
    read = read_vectors(three, ["the", "of", "grunge", "ska"])
    counts = {"the": 6, "of": 1, "ska": 2, "grunge": 2, "rare": 1}
    covered = coverage(read, counts)
    assert covered.vocabulary_share == pytest.approx(2 / 4)
    assert covered.token_share == pytest.approx(7 / 12)
    assert covered.missing == ("grunge", "ska", "rare")


def test_coverage_of_nothing_is_zero(three: Path) -> None:
    covered = coverage(read_vectors(three, []), {})
    assert (covered.vocabulary_share, covered.token_share) == (0, 0)


@given(counts=st.dictionaries(st.sampled_from([*WORDS, "x", "y"]), st.integers(0, 9)))
def test_a_larger_vocabulary_never_covers_fewer_tokens(
    tmp_path_factory: pytest.TempPathFactory, counts: dict[str, int]
) -> None:
    path = written(tmp_path_factory.mktemp("vectors") / "three.txt", THREE)
    shares = [
        coverage(read_vectors(path, WORDS[:size]), counts).token_share
        for size in range(4)
    ]
    assert shares == sorted(shares)


@pytest.mark.parametrize("dimension", [50, 100, 300])
def test_true_glove_vectors_cover_most_of_the_real_headlines(
    data_folder: Path, dimension: int
) -> None:
    with (data_folder / "rock_headlines.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        titles = [row["title"].lower() for row in csv.DictReader(file)]
    counts = Counter(token for title in titles for token in re.findall(r"\w+", title))
    path = data_folder / f"glove.6B.{dimension}d.subset.txt"
    read = read_vectors(path, sorted(counts))
    assert read.dimension == dimension
    assert coverage(read, counts).token_share > 0.45
    # The subset of 50 dimensions holds five words in Windows-1252, not in UTF-8.
    assert all(line.reason.startswith("not UTF-8") for line in read.malformed)
    assert read.malformed_count == (5 if dimension == 50 else 0)
