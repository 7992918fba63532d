"""From a corpus's training side to a model that can be served, whatever its kind.

Read in this order: `fitted`, `bag_of_words`, `serving`, `neural`, `rare_labels`,
`choosing`.
"""

from rocktag.fitting.choosing import assess, fit
from rocktag.fitting.fitted import Fitted, Progress, Task, Vectors, Watch

__all__ = ["Fitted", "Progress", "Task", "Vectors", "Watch", "assess", "fit"]
