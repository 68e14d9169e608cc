"""Facts about games, players, forecasts and subsets that several export types show.

A fact lives in one function here, so that two documents of one run cannot disagree about it. Packages import in this
order only: arithmetic, games, players, forecasts, subsets, nights. All may import :mod:`exporters.declaration`,
:mod:`exporters.warehouse` and :mod:`exporters.config`.
"""
