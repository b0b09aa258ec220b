"""Answers written for reading elsewhere: files that need neither a server nor a network."""
