"""Export types about trends: who is hot, who comes back, and what goes over the line more often than the rest.

Contract: site-types E5 to E9 and E11. Imports :mod:`exporters.league` and below, and no other export type.
"""
