"""The original study, trained anew: `members`, `earlier`, `study`."""

from rocktag.replicating.members import Member, members
from rocktag.replicating.study import Replication, Study

__all__ = ["Member", "Replication", "Study", "members"]
