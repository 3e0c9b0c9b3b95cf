"""Benchmarks of the integration, compared to alternatives and to the possible minimum."""
