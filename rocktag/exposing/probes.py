"""What a supervisor asks: is the worker alive, and can it tag?"""

from __future__ import annotations

from rocktag.artifact.registry import manifest_of
from rocktag.db.models import CHAMPION
from rocktag.errors import ArtifactError
from rocktag.exposing.lookout import Lookout
from rocktag.health import Health
from rocktag.runtime import Runtime
from rocktag.vitals import LONGEST_PAUSE

_MARGIN = 60.0  # seconds, on a machine that has much else to do


def not_alive(runtime: Runtime) -> str | None:
    """Return why the worker seems stuck; None while it is alive.

    Each turn of its loop and each batch is a sign of life. Between two of them it may
    pause, or tag for a lease, and wait for the database as long as it tries again.
    """
    settings = runtime.settings
    plausible = (
        max(LONGEST_PAUSE, settings.tag.lease_seconds)
        + settings.worker.retry_seconds
        + _MARGIN
    )
    seconds = runtime.vitals.seconds_since_beat()
    if seconds <= plausible:
        return None
    return f"no sign of life for {seconds:.0f} seconds; up to {plausible:.0f} are usual"


def not_ready(runtime: Runtime, lookout: Lookout) -> str | None:
    """Return why the worker cannot tag; None where it can."""
    sight = lookout.sight()
    if sight.fault is not None or sight.health is None:
        return sight.fault
    return _without_model(runtime, sight.health)


def _without_model(runtime: Runtime, health: Health) -> str | None:
    """Return why there is no model to tag with: neither one in use nor one to load."""
    chosen, in_use = runtime.settings.tag.model, runtime.model_in_use
    if health.model is None:
        return "there is no champion; run: rocktag train"
    if in_use is not None and (chosen == CHAMPION or in_use == chosen):
        return None
    if any(
        (alert.kind, alert.subject) == ("refused_champion", health.model)
        for alert in health.alerts
    ):
        return f"{health.model} is refused; see: rocktag status"
    try:
        manifest_of(runtime.settings.models_dir, health.model)
    except ArtifactError:
        return f"{health.model} cannot be read in models_dir; see: rocktag models list"
    return None
