"""What the design costs at sizes that nobody has run: measured unit costs, services' limits, and a simulation."""
