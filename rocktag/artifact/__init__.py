"""models/<classifier>/<version>/: written by training, checked and read by tagging.

An artifact is published whole, is never changed after, and is checked before any of
its files is opened. It carries labels, thresholds, text view and vocabulary: the worker
takes none of these from its configuration.
"""

from rocktag.artifact.loading import Artifact, Contents, load, read
from rocktag.artifact.manifest import PROTOCOL, Manifest
from rocktag.artifact.publishing import (
    Draft,
    Published,
    check_writable,
    publish,
    write_folder,
)
from rocktag.artifact.registry import Listing, published

__all__ = [
    "PROTOCOL",
    "Artifact",
    "Contents",
    "Draft",
    "Listing",
    "Manifest",
    "Published",
    "check_writable",
    "load",
    "publish",
    "published",
    "read",
    "write_folder",
]
