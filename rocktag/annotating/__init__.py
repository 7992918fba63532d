"""People's labels: which headlines to ask about, what they say, how far they agree.

Read in this order: `storing`, `novelty`, `choosing`, `suspects`, `asking`, `agreement`.
"""

from rocktag.annotating.agreement import Agreement, agreement, alpha
from rocktag.annotating.asking import CODES, Asked, read_answer
from rocktag.annotating.choosing import Candidate, choose, writing
from rocktag.annotating.storing import Imported, said_of, store_file
from rocktag.annotating.suspects import read_suspects

__all__ = [
    "CODES",
    "Agreement",
    "Asked",
    "Candidate",
    "Imported",
    "agreement",
    "alpha",
    "choose",
    "read_answer",
    "read_suspects",
    "said_of",
    "store_file",
    "writing",
]
