"""The command line: parses, wires, prints. No logic that the library lacks."""

from rocktag.cli.entry import main

__all__ = ["main"]
