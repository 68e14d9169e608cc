"""Forecasts: the champion's row, features, odds, picks and their grades, runs, track record, readiness.

Imports :mod:`exporters.league.players` and below.
"""
