"""Titles as data and as words: the same for training and for tagging."""

from rocktag.text.counting import counted
from rocktag.text.normalization import (
    TextView,
    clean,
    split_key,
    stems,
    view,
    word_spans,
)
from rocktag.text.printing import CONTROLS, printable
from rocktag.text.titles import MAXIMUM_TITLE_LENGTH, refusal, tidy, title_hash

__all__ = [
    "CONTROLS",
    "MAXIMUM_TITLE_LENGTH",
    "TextView",
    "clean",
    "counted",
    "printable",
    "refusal",
    "split_key",
    "stems",
    "tidy",
    "title_hash",
    "view",
    "word_spans",
]
