"""Exact numbers and dates: calculations without knowledge of any table.

Imports :mod:`exporters.config` and :mod:`exporters.warehouse` only.
"""
