"""The search for a classifier's settings: trials, kept in the user's own database.

Read in this order: `plan`, `objective`, `points`, `storage`, `trial`, `study`. A
trial never holds a headline of the test side. Only the last three know Optuna.
"""

from rocktag.searching.objective import Learning, Report
from rocktag.searching.plan import Ended, Method, Objective, Plan, Trial
from rocktag.searching.study import Study, opened

__all__ = [
    "Ended",
    "Learning",
    "Method",
    "Objective",
    "Plan",
    "Report",
    "Study",
    "Trial",
    "opened",
]
