"""What the gate says, for people; and the end of a command that it refused."""

from __future__ import annotations

from typing import Any

import typer

from rocktag.cli.console import fail, print_table
from rocktag.lifecycle import Promotion, Verdict


def print_verdict(verdict: Verdict | None) -> None:
    """Print every check of the gate; nothing where it was not asked."""
    if verdict is None:
        return
    print_table(
        f"The gate: {verdict.candidate} against the champion {verdict.champion}",
        ["check", "champion", "candidate", "asked", "passed"],
        (
            [
                check.name,
                check.champion,
                check.candidate,
                check.asked,
                "yes" if check.passed else "NO",
            ]
            for check in verdict.checks
        ),
    )


def gate_of(promotion: Promotion | None) -> dict[str, Any] | None:
    """Return what the gate said, for machines; None where it was not asked."""
    if promotion is None or (promotion.is_done and promotion.verdict is None):
        return None
    if promotion.verdict is None:  # it could not be asked
        return {"passed": False, "reasons": [promotion.why]}
    return promotion.verdict.as_dict()


def end_if_refused(promotion: Promotion | None) -> None:
    """End the command with exit code 1 where a promotion was asked for and refused.

    Raises:
        typer.Exit: It was.
    """
    if promotion is None or promotion.is_done:
        return
    verdict = promotion.verdict
    why = "; ".join(verdict.reasons) if verdict else promotion.why
    fail(
        f"{promotion.version} did not become champion: {why}. To make it champion all"
        f" the same: rocktag models promote {promotion.version} --force --why TEXT"
    )
    raise typer.Exit(1)
