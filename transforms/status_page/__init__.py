"""The status page: ``status/index.html`` and its data, published by every run for operators with a browser.

Imports :mod:`transforms.clients`, :mod:`transforms.elements`, :mod:`transforms.stores` and the exporters.
"""
