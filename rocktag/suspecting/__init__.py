"""Probable errors of the rules' labels, and the rules they come of.

A model that never saw a headline says how probable each label is; where it doubts what
the rules gave, or withheld, people should look. Read in this order: `quality`,
`hiding`, `reading`, `judging`, `suspects`, `harvest`, `trial`.
"""

from rocktag.suspecting.harvest import Harvest, harvest
from rocktag.suspecting.judging import Judged, judge
from rocktag.suspecting.suspects import Suspect, suspects
from rocktag.suspecting.trial import Trial, trial

__all__ = [
    "Harvest",
    "Judged",
    "Suspect",
    "Trial",
    "harvest",
    "judge",
    "suspects",
    "trial",
]
