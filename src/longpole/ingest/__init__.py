"""From OTLP bytes to rows: decode, limit, assemble, price, settle."""
