"""Weak labels: the keyword rules as data, and what they do to a corpus."""

from rocktag.labeling.analysis import RuleReport, analyse
from rocktag.labeling.rules import Explanation, Rules, keyword_rules

__all__ = ["Explanation", "RuleReport", "Rules", "analyse", "keyword_rules"]
