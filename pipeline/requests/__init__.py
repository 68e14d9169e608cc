"""What to export: the model of a request, its strict reader, the problems of any input, and the league day.

Imports :mod:`exporters` only.
"""
