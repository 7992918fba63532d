"""Which model is better: on headlines that none of them learned from, and how surely.

Read in this order: `types`, then what it is measured by.
"""

from rocktag.comparing.types import Comparison, Difference, Interval, Row

__all__ = ["Comparison", "Difference", "Interval", "Row"]
