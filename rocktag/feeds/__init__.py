"""Headlines from files, and from the loose rows of somebody's table."""

from rocktag.feeds.columns import FIELDS
from rocktag.feeds.dates import parse_date
from rocktag.feeds.files import Feed, open_feed
from rocktag.feeds.rows import (
    MAXIMUM_EXTERNAL_ID_LENGTH,
    MAXIMUM_SOURCE_LENGTH,
    MAXIMUM_URL_LENGTH,
    to_headline,
)

__all__ = [
    "FIELDS",
    "MAXIMUM_EXTERNAL_ID_LENGTH",
    "MAXIMUM_SOURCE_LENGTH",
    "MAXIMUM_URL_LENGTH",
    "Feed",
    "open_feed",
    "parse_date",
    "to_headline",
]
