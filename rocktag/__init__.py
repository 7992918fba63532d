"""Topic tags for rock-news headlines, on a schedule, in your own SQL database."""

__version__ = "0.1.0"
