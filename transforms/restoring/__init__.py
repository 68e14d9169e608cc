"""Bringing back what a run had published for a date, by the protocol by which runs publish.

Imports everything of :mod:`transforms` before it.
"""
