"""Sentences for Home Assistant's own assistant, in every language of the integration, without an automation."""

from .sentences import async_listen

__all__ = ["async_listen"]
