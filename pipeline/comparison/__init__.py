"""What differs between two published trees, by what their documents say: picks, lines, forecasts, players.

Bytes are compared first; what differs is read by the declarations of the export types. Nothing is believed because the
metadata of an object says so. Imports everything up to :mod:`pipeline.verification`.
"""
