"""Which column of a file holds which field of a headline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rocktag.errors import InputError, UsageError
from rocktag.feeds.rows import excerpt

# Field to the column names that are taken for it, the first that a file has.
FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "title": ("title", "headline"),
        "source": ("source", "publisher"),
        "external_id": ("external_id", "id", "guid"),
        "url": ("url", "link"),
        "published_at": ("published_at", "published", "date", "pub_date", "pubdate"),
    }
)

_LISTED = 20  # columns named in a message


def fold(name: str) -> str:
    """Return the column's name as it is compared.

    >>> fold(" Title ")
    'title'
    """
    return name.strip().casefold()


def candidates(columns: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the folded column names that may hold each field.

    >>> candidates({"title": "Name"})["title"]
    ('name',)

    Args:
        columns: Field to the one column that holds it, where the file's names differ.

    Raises:
        UsageError: A field is not one of a headline's.
    """
    if unknown := sorted(set(columns) - set(FIELDS)):
        raise UsageError(
            f"no such field: {_names(unknown)}; the fields are {_names(list(FIELDS))}"
        )
    given = {field: (fold(column),) for field, column in columns.items()}
    return {**FIELDS, **given}


def locate(
    header: Sequence[str], columns: Mapping[str, str], *, origin: str
) -> dict[str, int]:
    """Return the index of each field's column in the header.

    >>> locate(["Headline", "Date"], {}, origin="news.csv")
    {'title': 0, 'published_at': 1}

    Raises:
        UsageError: `columns` names a field or a column that there is not.
        InputError: No column holds the titles, or two have the name of a needed one.
    """
    folded = [fold(name) for name in header]
    indexes = {}
    for field, names in candidates(columns).items():
        name = next((name for name in names if name in folded), None)
        if name is not None:
            indexes[field] = _only_index(folded, name, origin)
        elif field in columns:
            raise UsageError(
                f"{origin} has no column {excerpt(columns[field])!r} for the {field};"
                f" its columns are {_names(header)}"
            )
    if "title" not in indexes:
        raise InputError(
            f"{origin} has no column for the title, its columns are {_names(header)};"
            " use --column title=NAME"
        )
    return indexes


def _only_index(folded: Sequence[str], name: str, origin: str) -> int:
    if folded.count(name) > 1:
        raise InputError(
            f"{origin} has {folded.count(name)} columns named {excerpt(name)!r};"
            " rename all but one"
        )
    return folded.index(name)


def _names(names: Sequence[str]) -> str:
    listed = ", ".join(excerpt(name) or "(no name)" for name in names[:_LISTED])
    more = len(names) - _LISTED
    return f"{listed} and {more:,} more" if more > 0 else listed
