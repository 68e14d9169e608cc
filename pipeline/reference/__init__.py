"""What is generated for readers of the API, pages, OpenAPI and TypeScript, and the check of schemas.

Imports every other package but :mod:`pipeline.commands`.
"""
