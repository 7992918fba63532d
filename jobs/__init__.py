"""The scheduled jobs, a file each; thin: what they do is in rocktag."""

from collections.abc import Mapping

from jobs import audit, pull, retrain, shadow, tag
from rocktag.config import Settings
from rocktag.runtime import Job
from rocktag.schedule import OFF

# In the order in which `rocktag worker --once` runs them.
JOBS: Mapping[str, Job] = {
    "pull": Job(pull.run, once_a_tick=True),
    "tag": Job(tag.run, once_a_tick=False),
    "shadow": Job(shadow.run, once_a_tick=False, is_called_for=shadow.is_called_for),
    "audit": Job(audit.run, once_a_tick=True),
    "retrain": Job(retrain.run, once_a_tick=True, beside=True),
}

__all__ = ["JOBS", "of_one_round"]


def of_one_round(settings: Settings) -> Mapping[str, Job]:
    """Return the jobs that run where each is to run once, nobody having named any.

    One that takes hours is among them only if it has a schedule.
    """
    return {
        name: job
        for name, job in JOBS.items()
        if not job.beside or getattr(settings.schedule, name) != OFF
    }
