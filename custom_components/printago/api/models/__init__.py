"""Typed models of what Printago sends."""
