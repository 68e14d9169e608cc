"""Players: identity, box scores, availability, news, opponents' defense, shot profile, sparkline.

Imports :mod:`exporters.league.games` and below.
"""
