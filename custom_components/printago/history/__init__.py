"""Past prints: how they ended, what they took and what they cost."""
