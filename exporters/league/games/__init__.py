"""Games: the schedule of each date, and the results of teams.

Imports :mod:`exporters.league.arithmetic` and below.
"""
