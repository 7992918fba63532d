"""Why headlines that people read are not scored, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from rocktag.text import counted


def unscored(
    file: str, headlines: int, scored: int, read: Mapping[str, int]
) -> str | None:
    """Return why some headlines are scored for no version; None where all are.

    Args:
        file: What people's labels are from.
        headlines: How many it has.
        scored: How many of them are scored.
        read: Version to the number of those of which it learned what people say.

    >>> unscored("gold.csv", 7, 7, {"adaboost/1": 0}) is None
    True
    >>> said = unscored("gold.csv", 7, 6, {"adaboost/1": 0, "adaboost/2": 1})
    >>> said.partition("; ")[0]  # doctest: +NORMALIZE_WHITESPACE
    '1 of the 7 headlines of gold.csv is not scored: adaboost/2 learned what people say
    there and would only repeat it'
    """
    if scored == headlines:
        return None
    readers = [version for version, count in read.items() if count]
    others = ", compare the others without it," if len(readers) < len(read) else ""
    left_out = headlines - scored
    return (
        f"{left_out:,} of the {counted(headlines, 'headline')} of {file}"
        f" {'is' if left_out == 1 else 'are'} not scored: {', '.join(readers)} learned"
        f" what people say there and would only repeat it; give other headlines{others}"
        f" or ask in folds: rocktag evaluate {readers[0]} --folds 5 --gold FILE"
    )
