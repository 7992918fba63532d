"""The life of a version: through the gate, champion or challenger, archived, deleted.

Read in this order: `gate`, `examining`, `promoting`, `archiving`, `pruning`; what
`differing` and `verifying` do changes nothing.
"""

from rocktag.lifecycle.archiving import archive, restore
from rocktag.lifecycle.differing import differences
from rocktag.lifecycle.gate import Check, Verdict, judge
from rocktag.lifecycle.promoting import (
    Promotion,
    challenge,
    promote,
    roll_back,
    withdraw,
)
from rocktag.lifecycle.pruning import Plan, carry_out, plan
from rocktag.lifecycle.verifying import Checked, verify

__all__ = [
    "Check",
    "Checked",
    "Plan",
    "Promotion",
    "Verdict",
    "archive",
    "carry_out",
    "challenge",
    "differences",
    "judge",
    "plan",
    "promote",
    "restore",
    "roll_back",
    "verify",
    "withdraw",
]
