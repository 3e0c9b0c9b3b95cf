"""Printing: finding what to print, submitting it once, and following its jobs."""
