"""Repair issues and the monitors that raise them."""
