"""For users' own tests and measurements: named operations with targets, and what they took."""
