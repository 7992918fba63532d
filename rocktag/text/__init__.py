"""Titles as data and as words: the same for training and for tagging."""

from rocktag.text.counting import counted, noun
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
    "noun",
    "printable",
    "refusal",
    "split_key",
    "stems",
    "tidy",
    "title_hash",
    "view",
    "word_spans",
]
