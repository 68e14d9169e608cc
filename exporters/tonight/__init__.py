"""Export types about the games of one date: the night, each of its players, and players on a streak.

Contract: tonight-and-streaks. Imports :mod:`exporters.league` and below, and no other export type.
"""
