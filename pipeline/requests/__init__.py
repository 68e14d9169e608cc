"""What to export: the request, its strict reader, its problems, and the league day.

Imports :mod:`exporters` only.
"""
