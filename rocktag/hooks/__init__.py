"""Telling somebody of each alert that opens, beside the work and never in its way."""

from rocktag.hooks.notifier import Notifier, telling

__all__ = ["Notifier", "telling"]
