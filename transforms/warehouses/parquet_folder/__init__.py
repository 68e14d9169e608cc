"""What a warehouse of Parquet files is made of: the files of a table, their footers, and the columns of a scan.

Imports :mod:`transforms.clients` and below, and the Arrow types of :mod:`transforms.warehouses`.
"""
