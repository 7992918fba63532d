"""The scheduled jobs, a file each; thin: what they do is in rocktag."""

from collections.abc import Mapping

from jobs import audit, pull, tag
from rocktag.runtime import Job

# In the order in which `rocktag worker --once` runs them.
JOBS: Mapping[str, Job] = {"pull": pull.run, "tag": tag.run, "audit": audit.run}

__all__ = ["JOBS"]
