"""The live feed as one more table of the warehouse, over HTTP or from a file.

Imports :mod:`transforms.warehouses` and :mod:`transforms.clients`.
"""
