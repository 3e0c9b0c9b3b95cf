"""Repair issues, and what watches for them."""
