"""What is known on a date: histories, a player's night, slates and seasons, the live feed's scores.

Imports :mod:`exporters.league.subsets` and below.
"""
