"""Beam transforms that read tables, build documents and publish them, and the clients that they use.

Packages import in this order only: elements, clients, warehouses, stores, live_feed, reading, stages, publishing. All
may import :mod:`exporters`; none imports :mod:`pipeline`.
"""
