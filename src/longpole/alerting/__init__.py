"""Rules that watch what agents do, what they found, and who is told."""
