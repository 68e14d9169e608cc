"""Export types about forecasts as bets: predictions, best bets, results, performance, and live grading.

Contract: picks-and-results, and players-and-live D. Imports :mod:`exporters.league` and below, no other export type.
"""
