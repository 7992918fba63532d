"""Invented rock-news headlines in any number, for trials and load tests."""

from rocktag.sampling.corpus import sample
from rocktag.sampling.export import write_csv

__all__ = ["sample", "write_csv"]
