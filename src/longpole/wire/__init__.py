"""What crosses between processes: OTLP JSON, traceparent, redaction, and the table of attribute names."""
