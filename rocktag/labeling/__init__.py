"""Weak labels: rules as data, in two schemes, and what they do to a corpus.

`keywords` are the original study's rules, `topics` labelling functions that say what a
headline is about. What trains and tags knows both as `Rules`.
"""

from rocktag.labeling.analysis import RuleReport, analyse
from rocktag.labeling.rules import keyword_rules
from rocktag.labeling.scheme import CastVote, Explanation, Rules
from rocktag.labeling.topics import topic_rules
from rocktag.types import ALIASES, LabelsName, scheme_of

__all__ = [
    "CastVote",
    "Explanation",
    "RuleReport",
    "Rules",
    "analyse",
    "keyword_rules",
    "labels_of_people",
    "rules_of",
    "topic_rules",
]


def rules_of(labels: LabelsName) -> Rules:
    """Return the rules that give such labels, as the package ships them.

    >>> rules_of("topics").name
    'topics'
    """
    return topic_rules() if scheme_of(labels) == "topics" else keyword_rules()


def labels_of_people() -> tuple[str, ...]:
    """Return the labels that people give, in which none counts as another.

    They are those of the topics, which take long to read.

    >>> labels_of_people() == rules_of("topics").labels
    True
    """
    return tuple(label for label in keyword_rules().labels if label not in ALIASES)
