"""Weak labels: rules as data, in two schemes, and what they do to a corpus.

`keywords` are the original study's rules, `topics` labelling functions that say what a
headline is about. What trains and tags knows both as `Rules`.
"""

from rocktag.labeling.analysis import RuleReport, analyse
from rocktag.labeling.rules import keyword_rules
from rocktag.labeling.scheme import CastVote, Explanation, Rules
from rocktag.labeling.topics import topic_rules
from rocktag.types import LabelsName, scheme_of

__all__ = [
    "CastVote",
    "Explanation",
    "RuleReport",
    "Rules",
    "analyse",
    "keyword_rules",
    "rules_of",
    "topic_rules",
]


def rules_of(labels: LabelsName) -> Rules:
    """Return the rules that give such labels, as the package ships them.

    >>> rules_of("topics").name
    'topics'
    """
    return topic_rules() if scheme_of(labels) == "topics" else keyword_rules()
