"""The page of the experiment on the dimensions of word vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rocktag.report.canvas import INK, PAPER, Drawing
from rocktag.report.page import Facts, Part, Section, Table, render
from rocktag.text import printable

if TYPE_CHECKING:
    from rocktag.experiments import DimensionTable

_SCORES = ("f1", "precision", "recall")
_LINES = (
    ("micro_f1", "micro F1", "-o", INK),
    ("macro_f1", "macro F1", "--s", PAPER),
)


def dimensions_page(table: DimensionTable, *, threshold: float) -> bytes:
    """Return the page; the same table gives the same bytes.

    Args:
        table: What was measured by then.
        threshold: Under which, for all labels.
    """
    corpus, settings = table.corpus, table.settings
    return render(
        "Word vectors of several dimensions",
        f"One {settings['classifier']} was trained on each file's vectors, with the"
        f" same split and seed, and scored on {table.test_headlines:,} untouched test"
        f" headlines at the threshold {threshold} for every label, against the rules.",
        [
            Section("scores", "Scores", _scores(table)),
            Section(
                "data",
                "Data",
                [
                    Facts(
                        [
                            ("headlines", corpus["headlines"]),
                            ("from", corpus["origin"]),
                            ("SHA-256 of the headlines", corpus["sha256"]),
                            ("test headlines", table.test_headlines),
                            ("text", settings["text_view"]),
                            ("seed", settings["seed"]),
                            ("files done", f"{len(table.rows)} of {table.files}"),
                        ]
                    )
                ],
            ),
        ],
    )


def _scores(table: DimensionTable) -> list[Part]:
    averages = [
        f"{average}_{name}" for average in ("micro", "macro") for name in _SCORES
    ]
    header = [name.replace("_", " ").replace("f1", "F1") for name in averages]
    return [
        _drawing(table),
        Table(
            "Scores by the dimension of the vectors",
            ["dimension", *header, "vocabulary", "words", "epochs", "file"],
            [
                [
                    f"{row.dimension}d",
                    *(getattr(row, name) for name in averages),
                    f"{row.vocabulary_coverage:.1%}",
                    f"{row.token_coverage:.1%}",
                    row.epochs,
                    row.origin,
                ]
                for row in table.rows
            ],
            is_wide=True,
        ),
        "“Vocabulary” is the share of the model's words that the file has, “words” that"
        " of the training headlines' running words.",
    ]


def _drawing(table: DimensionTable) -> Drawing:
    rows = table.rows
    names = [f"{row.dimension}d" for row in rows]

    def draw(panels: Sequence[Any]) -> None:
        (axes,) = panels
        for name, label, style, face in _LINES:
            axes.plot(
                range(len(rows)),
                [getattr(row, name) for row in rows],
                style,
                color=INK,
                markerfacecolor=face,
                label=label,
            )
        axes.set_xticks(range(len(rows)), [printable(name) for name in names])
        axes.set(xlabel="dimension of the word vectors", ylabel="F1")
        axes.margins(0.1)
        axes.legend(frameon=False)

    return Drawing(
        name="f1_by_dimension",
        title="Micro and macro F1 by the dimension of the word vectors",
        description="; ".join(
            f"{name}: micro F1 {row.micro_f1:.4f}, macro F1 {row.macro_f1:.4f}"
            for name, row in zip(names, rows, strict=True)
        ),
        draw=draw,
    )
