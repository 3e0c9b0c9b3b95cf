"""Printago's realtime stream."""
