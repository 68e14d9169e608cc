"""The warehouse as it is declared: tables, columns, the typed row of each table, and the choice among rows.

Imports :mod:`exporters.config` only.
"""
