"""Whether people agree: rules, versions and settings scored on what people said.

Read in this order: `types`, `scoring`, `mistakes`, `asking`, `folds`, `crossing`,
`table`, `curve`.
"""

from rocktag.evaluating.asking import (
    by_rules,
    by_version,
)
from rocktag.evaluating.crossing import CrossValidation
from rocktag.evaluating.curve import learning_curve
from rocktag.evaluating.folds import (
    Served,
    choice_of,
    everyone,
    nobody,
    served,
    settings_of,
)
from rocktag.evaluating.scoring import evaluate
from rocktag.evaluating.types import Curve, Evaluation, Mistake, Said, Scored

__all__ = [
    "CrossValidation",
    "Curve",
    "Evaluation",
    "Mistake",
    "Said",
    "Scored",
    "Served",
    "by_rules",
    "by_version",
    "choice_of",
    "evaluate",
    "everyone",
    "learning_curve",
    "nobody",
    "served",
    "settings_of",
]
