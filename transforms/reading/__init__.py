"""Reading: scan every table once, count on the way, route batches to player and date shards, decode rows.

Imports :mod:`transforms.warehouses` and below.
"""
