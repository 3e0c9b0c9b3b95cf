"""Printago's REST API."""
