"""Reading: scan every table once, count its rows, route batches to player and date shards, decode rows.

Imports :mod:`transforms.warehouses` and below.
"""
