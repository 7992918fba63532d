"""Official archives over HTTP: resumed where they broke off, checked, unpacked safely.

Read in this order: `downloads`, `answers`, `transfer`, `unpacking`.
"""

from rocktag.fetching.downloads import (
    GLOVE_6B,
    KNOWN_DOWNLOADS,
    Download,
    default_cache_folder,
)
from rocktag.fetching.transfer import OnProgress, fetch
from rocktag.fetching.unpacking import unpack, unpack_chosen

__all__ = [
    "GLOVE_6B",
    "KNOWN_DOWNLOADS",
    "Download",
    "OnProgress",
    "default_cache_folder",
    "fetch",
    "unpack",
    "unpack_chosen",
]
