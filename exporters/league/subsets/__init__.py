"""Subsets of forecasts: who is in which, picks, frozen picks, records, public names.

Imports :mod:`exporters.league.forecasts` and below.
"""
