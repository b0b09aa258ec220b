"""Asking Longpole from a program: the answers of REST, over HTTP or in process."""
