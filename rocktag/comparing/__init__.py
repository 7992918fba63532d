"""Which model is better: on headlines that none of them learned from, and how surely.

Read in this order: `types`, `counts`, `bootstrap`, `masking`, `gold`, `answers`,
`measuring`, `comparison`, `yardsticks`, `table`.
"""

from rocktag.comparing.answers import Exam
from rocktag.comparing.comparison import Comparer, compare
from rocktag.comparing.gold import Gold, configured_gold, read_gold
from rocktag.comparing.types import Comparison, Difference, Interval, Row
from rocktag.comparing.yardsticks import Asked, yardsticks

__all__ = [
    "Asked",
    "Comparer",
    "Comparison",
    "Difference",
    "Exam",
    "Gold",
    "Interval",
    "Row",
    "compare",
    "configured_gold",
    "read_gold",
    "yardsticks",
]
