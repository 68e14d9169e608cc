"""Beam transforms that read tables, build documents and publish them, and their warehouses and stores."""
