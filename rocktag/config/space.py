"""[search.space]: which values of a classifier's settings a search tries.

A list is tried value by value; a table with `low` and `high` is a range to draw from.
Every value must be one that the classifier's own table would take.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

Value: TypeAlias = bool | int | float | str
Fault: TypeAlias = tuple[tuple[str | int, ...], str]  # its path, what is wrong

_EXPECTED = "expected a list of values or a table {low = …, high = …, log = …}"

# The study's, of its CNN-BiLSTM; whatever else is searched names its own.
SHIPPED: dict[str, Any] = {
    "cnn-bilstm": {
        "learning_rate": [1e-4, 5e-4],
        "batch_size": [64, 128],
        "epochs": [5, 10],
    }
}


class Range(BaseModel):
    """Numbers to draw from, both ends included.

    Attributes:
        low: The smallest.
        high: The largest.
        log: Whether small ones are drawn as often as large ones, by their logarithm.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    low: int | float
    high: int | float
    log: bool = False


Axis: TypeAlias = tuple[Value, ...] | Range
Space: TypeAlias = dict[str, Axis]  # setting to what is tried of it


def checked(values: Any, tables: Mapping[str, type[BaseModel]]) -> dict[str, Space]:
    """Return the space of each classifier; the shipped one of those not named.

    Args:
        values: Classifier to setting to a list or a range, unchecked.
        tables: Classifier to the table of its settings.

    Raises:
        ValidationError: With every fault and its path.
    """
    if not isinstance(values, Mapping):
        raise ValueError("expected a table for each classifier")
    spaces = {**SHIPPED, **values}
    faults: list[Fault] = []
    found = {name: _space(name, spaces[name], tables, faults) for name in spaces}
    if faults:
        raise ValidationError.from_exception_data(
            "space", [_detail(path, message) for path, message in faults]
        )
    return found


def plain(spaces: Mapping[str, Space]) -> dict[str, Any]:
    """Return spaces as they would stand in a file."""
    return {
        name: {key: _plain(axis) for key, axis in space.items()}
        for name, space in spaces.items()
    }


def _plain(axis: Axis) -> Any:
    return axis.model_dump() if isinstance(axis, Range) else list(axis)


def _detail(path: tuple[str | int, ...], message: str) -> InitErrorDetails:
    # A mapping as input: the message already says what was found.
    error = PydanticCustomError("space", "{message}", {"message": message})
    return InitErrorDetails(type=error, loc=path, input={})


def _space(
    name: str, axes: Any, tables: Mapping[str, type[BaseModel]], faults: list[Fault]
) -> Space:
    """Return one classifier's space, as far as it is usable; add its faults."""
    table = tables.get(name)
    if table is None:
        faults.append(((name,), f"unknown classifier; known are {_names(tables)}"))
        return {}
    if not isinstance(axes, Mapping) or not axes:
        faults.append(((name,), "expected a table with at least one setting"))
        return {}
    space: Space = {}
    for key, given in axes.items():
        if key not in table.model_fields:
            known = _names(table.model_fields)
            faults.append(((name, key), f"unknown key; known are {known}"))
            continue
        try:
            space[key] = _axis(table, key, given)
        except _UnusableError as error:
            faults += [((name, key, *path), said) for path, said in error.faults]
    return space


class _UnusableError(Exception):
    """What is wrong with one axis."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults)
        self.faults = faults


def _axis(table: type[BaseModel], key: str, given: Any) -> Axis:
    match given:
        case list() | tuple() if given:
            return _choices(table, key, given)
        case Range():
            return given
        case Mapping():
            return _range(table, key, given)
    raise _UnusableError([((), f"{_EXPECTED}, got {given!r}")])


def _choices(table: type[BaseModel], key: str, given: Any) -> tuple[Value, ...]:
    faults: list[Fault] = []
    values: list[Value] = []
    for place, value in enumerate(given):
        said = list(_faults_of(table, key, value))
        faults += [((place,), message) for message in said]
        if not said:
            values.append(getattr(table.model_validate({key: value}), key))
    if len(set(values)) < len(values):
        faults.append(((), f"a value stands twice in {given!r}"))
    if faults:
        raise _UnusableError(faults)
    return tuple(values)


def _range(table: type[BaseModel], key: str, given: Mapping[str, Any]) -> Range:
    annotation = table.model_fields[key].annotation
    kinds = set(get_args(annotation) or (annotation,)) - {type(None)}
    if not kinds <= {int, float}:
        raise _UnusableError([((), "only numbers have a range; give a list")])
    try:
        found = Range.model_validate(given)
    except ValidationError as error:
        raise _UnusableError(
            [(detail["loc"], detail["msg"]) for detail in error.errors()]
        ) from None
    faults: list[Fault] = [
        ((end,), message)
        for end in ("low", "high")
        for message in _faults_of(table, key, getattr(found, end))
    ]
    if not found.low < found.high:
        faults.append(((), f"low {found.low} is not below high {found.high}"))
    if found.log and found.low <= 0:
        faults.append((("low",), "must be over 0 where log is true"))
    if faults:
        raise _UnusableError(faults)
    kind = int if kinds == {int} else float
    return Range(low=kind(found.low), high=kind(found.high), log=found.log)


def _faults_of(table: type[BaseModel], key: str, value: Any) -> Iterator[str]:
    """Yield what the classifier's own table would say of a value."""
    try:
        table.model_validate({key: value})
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            yield f"{detail['msg']}, got {value!r}"


def _names(names: Mapping[str, Any]) -> str:
    return ", ".join(sorted(names))
