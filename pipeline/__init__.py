"""What is run: requests, options, planning, the graph and the entry points."""
