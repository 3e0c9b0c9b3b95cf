"""The REST side of the virtual farm."""
