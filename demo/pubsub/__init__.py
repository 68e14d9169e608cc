"""A Pub/Sub server for tests and for ``make stream``: it needs neither Java nor the Google Cloud SDK.

It serves the official gRPC interface in memory: topics, subscriptions, publish, pull, streaming pull, acknowledgements,
acknowledgement deadlines and redelivery. Message ordering, filters, push delivery, dead-letter policies, exactly-once
delivery, snapshots and seek are refused, never ignored. Messages and settings are lost when it ends.

``limits``, ``backlog`` and ``broker`` are the core: no threads, no network, an injected clock. ``service`` holds the
remote procedures, ``server`` what listens. Modules import those named before them, and nothing else of this project.
"""
