"""Station data made by seed: honest, and faked in six ways. For tests and for benchmarks/signs.py."""
