"""How the jobs and the worker run: what they tag with, when, and what they tell."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from rocktag.config.classifiers import Section
from rocktag.schedule import trigger

_POLICIES = ("micro", "macro", "per-label")


def _threshold(value: Any) -> str | float:
    """Return the name of a threshold policy, or the one threshold for all labels."""
    if value in _POLICIES:
        return str(value)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not 0 <= number <= 1:
        raise ValueError(f"expected {', '.join(_POLICIES)} or a number from 0 to 1")
    return number


def _when(expression: str) -> str:
    trigger(expression)
    return expression


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("not a time zone; expected for instance UTC or Europe/Berlin")
    return name


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(
            "not an IP address; expected for instance 127.0.0.1, or 0.0.0.0 for all"
        ) from None


ThresholdPolicy: TypeAlias = Annotated[str | float, BeforeValidator(_threshold)]
When: TypeAlias = Annotated[str, AfterValidator(_when)]
Zone: TypeAlias = Annotated[str, AfterValidator(_zone)]
Address: TypeAlias = Annotated[str, AfterValidator(_address)]
Fraction: TypeAlias = Annotated[float, Field(gt=0, lt=1)]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=255)]


class TagSettings(Section):
    """What the worker tags with, and how."""

    model: Name = "champion"  # or a version such as adaboost/20260101T000000Z-0a1b2c3d
    threshold: ThresholdPolicy = "micro"
    batch_size: int = Field(512, ge=1, le=10_000)  # headlines a transaction
    threads: int = Field(2, ge=1, le=256)  # that a network computes with
    lease_seconds: int = Field(120, ge=1)  # renewed in half; then others take the batch
    maximum_attempts: int = Field(3, ge=1)  # then the headline is failed
    maximum_failed_share: float = Field(0.2, gt=0, le=1)  # of a run; then it is stopped


class AuditSettings(Section):
    """When tags are said to drift from what the model was trained on."""

    window_hours: float = Field(24.0, gt=0, le=100_000)  # what `audit` looks back at
    minimum_headlines: int = Field(200, ge=1)  # fewer say nothing about drift
    psi_alarm: float = Field(
        0.2, gt=0, allow_inf_nan=False
    )  # population stability index
    significance: Fraction = 0.01  # of the two-proportion test, over all labels


class AlertSettings(Section):
    """When somebody should have a look."""

    stale_hours: float = Field(72.0, ge=0, le=100_000)  # of a silent feed; 0: never


class ScheduleSettings(Section):
    """When each job runs: a cron expression, `every 5 minutes`, or `off`."""

    zone: Zone = "UTC"  # of the cron expressions
    pull: When = "*/5 * * * *"
    tag: When = "*/5 * * * *"
    shadow: When = "*/5 * * * *"  # the challenger's; nothing while there is none
    audit: When = "15 3 * * *"
    retrain: When = "off"


class WorkerSettings(Section):
    """How the worker bears what goes wrong around it."""

    retry_seconds: float = Field(60.0, ge=0, le=3_600)  # for a lock, a lost server
    shutdown_timeout: float = Field(30.0, gt=0, le=3_600)  # seconds after SIGTERM


class HttpSettings(Section):
    """Where a worker answers /metrics, /healthz and /readyz."""

    port: int = Field(0, ge=0, le=65_535)  # 0: none
    address: Address = "127.0.0.1"  # there is no password: beyond it anyone may read


class LogSettings(Section):
    """What the log shows."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"
