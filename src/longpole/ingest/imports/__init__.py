"""Files of other programs as OTLP requests, which then go the way of everything that comes in."""
