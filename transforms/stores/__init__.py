"""Where objects go: the Store protocol, local folders and Google Cloud Storage.

Imports :mod:`transforms.clients` and below.
"""
