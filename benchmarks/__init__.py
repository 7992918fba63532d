"""Measurements that take too long for tests; `make bench` runs them all.

Each prints a table and writes benchmarks/results/<name>.json. Machines differ and are
shared: compare within one run.
"""
