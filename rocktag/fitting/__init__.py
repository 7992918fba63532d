"""From a corpus's training side to a model that can be served, whatever its kind.

Read in this order: `fitted`, `bag_of_words`, `serving`, `neural`, `rare_labels`,
`choosing`.
"""

from rocktag.fitting.choosing import assess, fit
from rocktag.fitting.fitted import Fitted, Progress, Read, Task, Vectors, Watch
from rocktag.fitting.rare_labels import answered

__all__ = [
    "Fitted",
    "Progress",
    "Read",
    "Task",
    "Vectors",
    "Watch",
    "answered",
    "assess",
    "fit",
]
