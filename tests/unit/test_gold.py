"""Human labels: read strictly, aliases as one, what is disputed not scored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rocktag.comparing import Gold, read_gold, read_gold_rows
from rocktag.comparing.counts import scores_of
from rocktag.errors import InputError
from rocktag.labeling import keyword_rules
from rocktag.types import Targets

LABELS = ("album", "n/a", "perform", "play", "singer", "tour", "vocalist")
HEADER = "title,labels,disputed\n"


def read(folder: Path, text: str | bytes) -> Gold:
    path = folder / "gold.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_gold(path, LABELS)


def given_by(*labels: str) -> Targets:
    return np.array([[label in labels for label in LABELS]], dtype=np.int8)


def test_labels_that_mean_the_same_are_one_in_the_file(tmp_path: Path) -> None:
    gold = read(tmp_path, f"{HEADER}One,vocalist; play,\nTwo,singer;vocalist,tour\n")
    assert gold.labels == ("album", "n/a", "perform", "singer", "tour")
    assert gold.targets.tolist() == [[0, 0, 1, 1, 0], [0, 0, 0, 1, 0]]
    assert gold.titles == ("One", "Two")
    assert (gold.file, len(gold.sha256)) == ("gold.csv", 64)


@pytest.mark.parametrize("said", [("singer",), ("vocalist",), ("singer", "vocalist")])
def test_labels_that_mean_the_same_are_one_in_what_a_model_says(
    tmp_path: Path, said: tuple[str, ...]
) -> None:
    gold = read(tmp_path, f"{HEADER}A singer,singer,\n")
    found = scores_of(gold.count(given_by(*said), LABELS))
    assert (found["micro_f1"], found["subset_accuracy"]) == (1, 1)


@pytest.mark.parametrize("said", [(), ("tour",)])
def test_disputed_labels_are_not_scored(tmp_path: Path, said: tuple[str, ...]) -> None:
    gold = read(tmp_path, f"{HEADER}On the road,album,tour\n")
    found = scores_of(gold.count(given_by("album", *said), LABELS))
    assert found["micro_precision"] == found["micro_recall"] == 1
    assert found["subset_accuracy"] == 1


def test_a_disputed_alias_is_not_scored_either(tmp_path: Path) -> None:
    gold = read(tmp_path, f"{HEADER}One,album,vocalist\n")
    assert gold.scored.tolist() == [[True, True, True, False, True]]


def test_a_headline_on_which_nobody_agrees_is_kept(tmp_path: Path) -> None:
    gold = read(tmp_path, f"{HEADER}Adrift,,n/a;tour\nLive,play,\n")
    assert gold.targets[0].sum() == 0
    found = scores_of(
        gold.count(np.vstack([given_by("tour"), given_by("play")]), LABELS)
    )
    assert found["micro_f1"] == 1


def test_macro_averages_are_of_the_labels_that_readers_gave(tmp_path: Path) -> None:
    gold = read(tmp_path, f"{HEADER}One,album,\nTwo,tour,\n")
    decided = np.vstack([given_by("album", "singer"), given_by("tour")])
    found = scores_of(gold.count(decided, LABELS))
    assert found["macro_f1"] == 1
    assert found["micro_precision"] == pytest.approx(2 / 3)


def test_columns_stand_in_any_order_and_a_spreadsheet_may_have_written_it(
    tmp_path: Path,
) -> None:
    text = '\ufeffDisputed, Labels ,TITLE\r\n,tour,"\'=Ghost, live"\r\n\r\n'
    gold = read(tmp_path, text)
    assert gold.titles == ("=Ghost, live",)
    assert gold.targets.tolist() == [[0, 0, 0, 0, 1]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "lacks title and labels among the columns"),
        (HEADER, "holds no headline"),
        ("title,tags\nOne,tour\n", "lacks labels among the columns that its first"),
        ("labels\ntour\n", "lacks title among the columns that its first line"),
        ("One,tour,\n", "(one, tour, ); name them title, labels and"),
        ("title,title,labels,disputed\n", "has the column title more than once"),
        ("title,labels,disputed,Disputed\n", "has the column disputed more than"),
        ("title;labels;disputed\nOne;tour;\n", "separated by `;`; save it as CSV"),
        ('"Title";"Labels"\r\n"One";"tour"\r\n', "is separated by `;`; save it as"),
        ("title\tlabels\nOne\ttour\n", "is separated by tabs; save it as CSV with"),
        (f"{HEADER}One,tuor,\n", "line 2: unknown label 'tuor'; known labels are al"),
        (f"{HEADER}One,tour,tuor\n", "line 2: unknown label 'tuor'"),
        (f"{HEADER}One,tour;n/a,\n", "line 2: n/a stands beside other labels"),
        (f"{HEADER}One,tour,tour\n", "line 2: tour is both given and disputed"),
        (f"{HEADER}One,singer,vocalist\n", "singer is both given and disputed"),
        (f"{HEADER}One,tour\n", "line 2: 2 fields, not 3"),
        (f"{HEADER}One,tour,,\n", "line 2: 4 fields, not 3"),
        (f"{HEADER} ,tour,\n", "line 2: no title"),
        (f"{HEADER}On\x00e,tour,\n", "line 2: the title contains a NUL"),
        (f"{HEADER}{'x' * 2_001},tour,\n", "line 2: the title has 2,001 characters"),
        (f'{HEADER}"One,tour,\n', "line 2: unexpected end of data"),
        (f'{HEADER}"On"e,tour,\n', "line 2: "),
        (f"{HEADER}{'x' * 200_000},tour,\n", "line 2: field larger than"),
        (HEADER.encode() + b"\xff\xfe,tour,\n", "is not UTF-8"),
        (HEADER.encode("utf-16"), "is not UTF-8"),
    ],
)
def test_what_cannot_be_used_is_one_clear_error(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    with pytest.raises(InputError) as refused:
        read(tmp_path, content)
    assert said in str(refused.value)
    assert "gold.csv" in str(refused.value)
    assert len(str(refused.value)) < 700


def test_nothing_is_disputed_where_the_column_is_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, "title,labels\nOne,tour\nTwo,album\n")
    with_column = read(tmp_path, f"{HEADER}One,tour,\nTwo,album,\n")
    assert (found.targets == with_column.targets).all()
    assert found.scored.all()


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    lines = ("One,tuor,", "Two,tour;n/a,alubm", ",tour,", "Two,tour,", "Six,tour,tour")
    with pytest.raises(InputError) as refused:
        read(tmp_path, HEADER + "\n".join(lines) + '\n"Seven,tour,\n')
    assert str(refused.value).splitlines() == [
        f"{tmp_path / 'gold.csv'} is not usable:",
        "  line 2: unknown label 'tuor'",
        "  line 3: unknown label 'alubm'",
        "  line 3: n/a stands beside other labels",
        "  line 4: no title",
        "  line 5: the headline stands in line 3 already",
        "  line 6: tour is both given and disputed",
        "  line 7: unexpected end of data",
        f"known labels are {', '.join(LABELS)}; mend these lines",
    ]


@given(st.integers(11, 2_000))
def test_of_many_faults_ten_are_told_and_the_others_counted(faults: int) -> None:
    content = HEADER + "".join(f"Title {at},tuor,\n" for at in range(faults))
    with pytest.raises(InputError) as refused:
        read_gold_rows(content.encode(), Path("gold.csv"), LABELS)
    said = str(refused.value)
    assert said.count("unknown label") == 10
    assert f"\n  and {faults - 10:,} more\n" in said
    assert len(said) < 1_000


def test_what_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv", Path("nu\x00l")):
        with pytest.raises(InputError, match=r"cannot be read: .* give a CSV file"):
            read_gold(path, LABELS)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200))
@example(b"title,labels,disputed\n,,,,,\n")
@example(b'title,labels,disputed\n"')
def test_no_content_breaks_the_reader(tmp_path: Path, content: bytes) -> None:
    for start in (b"", HEADER.encode()):
        try:
            gold = read(tmp_path, start + content)
        except InputError:
            continue
        assert len(gold.titles) == len(gold.targets) == len(gold.scored)


def test_the_rules_reach_what_is_known_of_the_real_file(data_folder: Path) -> None:
    rules = keyword_rules()
    gold = read_gold(data_folder / "gold_dev.csv", rules.labels)
    assert len(gold.titles) == 400
    found = scores_of(gold.count(rules.label_matrix(gold.titles), rules.labels))
    known = {"micro_f1": 0.73, "micro_precision": 0.82, "micro_recall": 0.66}
    assert {name: round(found[name], 2) for name in known} == known


def test_what_people_say_can_be_learned_from(tmp_path: Path) -> None:
    gold = read(tmp_path, f"{HEADER}One,album;singer,tour\nTwo,n/a,\n")
    human = gold.human(LABELS)
    assert human.titles == ("One", "Two")
    said = dict(zip(LABELS, human.targets.T.tolist(), strict=True))
    known = dict(zip(LABELS, human.known.T.tolist(), strict=True))
    assert said["album"] == said["singer"] == [1, 0]
    assert said["tour"] == [0, 0]
    assert known["tour"] == [False, True]
    assert known["vocalist"] == [False, True]  # nobody says which word was meant
    assert said["vocalist"] == [0, 0]
    assert known["play"] == [True, True]
    second = gold.human(LABELS, np.array([1]))
    assert second.titles == ("Two",)
    assert (second.targets == human.targets[1:]).all()


def test_a_headline_stands_in_a_file_once(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    path.write_text("title,labels,disputed\nGhost tour,tour,\nGhost  tour,Album,\n")
    with pytest.raises(InputError, match=r"line 3: the headline stands in line 2"):
        read_gold(path, LABELS)


def test_labels_may_be_written_in_capitals(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    path.write_text("title,labels,disputed\nGhost tour,Tour; ALBUM,N/A\n")
    found = read_gold(path, LABELS)
    assert found.targets.sum() == 2
