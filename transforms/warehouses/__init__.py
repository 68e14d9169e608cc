"""Where tables live: the Warehouse protocol, Parquet folders and BigQuery.

Imports :mod:`transforms.clients` and below.
"""
