"""Tagging: titles to labels, and every pending headline of a database."""

from rocktag.tagging.pending import enqueue_all, tag_pending
from rocktag.tagging.tagger import Tagger, open_tagger

__all__ = ["Tagger", "enqueue_all", "open_tagger", "tag_pending"]
