"""The scheduled jobs, a file each; thin: what they do is in rocktag."""

from collections.abc import Mapping

from jobs import audit, pull, tag
from rocktag.runtime import Job

# In the order in which `rocktag worker --once` runs them.
JOBS: Mapping[str, Job] = {
    "pull": Job(pull.run, once_a_tick=True),
    "tag": Job(tag.run, once_a_tick=False),
    "audit": Job(audit.run, once_a_tick=True),
}

__all__ = ["JOBS"]
