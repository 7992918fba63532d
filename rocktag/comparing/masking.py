"""What a model knows beyond keywords: the same headlines with their keywords hidden.

The labels are keywords that stand in the headline, so a model can score almost
perfectly by finding them again. Here each word that can give a label is replaced by one
word that gives none, in headlines with and without topics alike, and the model is asked
which topics the headline had. What it still finds it knows from the other words: from
what is said around a keyword, or from topics that go together. It measures neither how
well the model reads, nor what it would say of a headline that never had a keyword.
"""

from __future__ import annotations

from collections.abc import Sequence

from rocktag.labeling import Rules

MASK = "something"  # no keyword, and nothing a headline is about


def masked(titles: Sequence[str], rules: Rules) -> list[str]:
    """Return the titles without a word that could give a label by the rules.

    >>> from rocktag.labeling import keyword_rules
    >>> masked(["Ghost Unveil NEW Album; Watch"], keyword_rules())
    ['Ghost something NEW something; something']
    """
    return [_masked(title, rules.spans(title)) for title in titles]


def _masked(title: str, spans: Sequence[tuple[int, int]]) -> str:
    kept, end = [], 0
    for start, after in spans:
        kept += [title[end:start], MASK]
        end = after
    return "".join([*kept, title[end:]])
