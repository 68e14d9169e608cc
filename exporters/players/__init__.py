"""Export types about one player: profile and index, season, and game report.

Contract: players-and-live A to C. Imports :mod:`exporters.league` and below, and no other export type.
"""
