"""What every document says, as pure functions: no Beam, no Google client, no I/O, no clock.

One package per group of pages (:mod:`~exporters.tonight`, :mod:`~exporters.bets`, :mod:`~exporters.subsets`,
:mod:`~exporters.players`) with one module and one JSON Schema per export type. They share the facts of
:mod:`exporters.league`, the tables of :mod:`exporters.warehouse` and the numbers of :mod:`exporters.config`. Nothing
here imports :mod:`transforms` or :mod:`pipeline`.
"""
