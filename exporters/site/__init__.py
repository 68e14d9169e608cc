"""Export types that the site's shell reads on every page: which dates have games.

Contract: site-types. Imports :mod:`exporters.league` and below, and no other export type.
"""
