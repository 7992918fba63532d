"""[search]: what a search for settings tries, and when it gives a trial up."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, PlainSerializer, PlainValidator

from rocktag.config import space
from rocktag.config.classifiers import Section, tables


def _checked(values: Any) -> dict[str, space.Space]:
    return space.checked(values, tables())


Spaces: TypeAlias = Annotated[
    dict[str, space.Space], PlainValidator(_checked), PlainSerializer(space.plain)
]


class SearchSettings(Section):
    """Which settings `rocktag search` tries, and when it gives one up."""

    pruning: Literal["median", "none"] = "median"
    startup_trials: int = Field(4, ge=0)  # finished, before any is pruned
    warmup_epochs: int = Field(1, ge=0)  # of each trial, in which it is not pruned
    space: Spaces = Field(space.SHIPPED, validate_default=True)
