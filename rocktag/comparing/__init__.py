"""Which model is better: on headlines that none of them learned from, and how surely.

Read in this order: `types`, `counts`, `bootstrap`, `masking`, `gold_file`, `gold`,
`annotated`, `answers`, `measuring`, `unscored`, `comparison`, `yardsticks`, `table`.
"""

from rocktag.comparing.annotated import gold_of
from rocktag.comparing.answers import Exam
from rocktag.comparing.comparison import Comparer, compare
from rocktag.comparing.gold import Gold, configured_gold, read_gold
from rocktag.comparing.gold_file import GoldRow, read_content, read_gold_rows
from rocktag.comparing.types import Comparison, Difference, Interval, Row
from rocktag.comparing.yardsticks import Asked, yardsticks

__all__ = [
    "Asked",
    "Comparer",
    "Comparison",
    "Difference",
    "Exam",
    "Gold",
    "GoldRow",
    "Interval",
    "Row",
    "compare",
    "configured_gold",
    "gold_of",
    "read_content",
    "read_gold",
    "read_gold_rows",
    "yardsticks",
]
