"""Brings what was recorded to a server, in the background; keeps it in a spool file while nobody answers."""
