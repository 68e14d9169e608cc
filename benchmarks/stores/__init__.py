"""What writing costs: a document to a folder, an object to GCS, and how many requests are in flight."""
