"""The demo: a virtual farm and a real Home Assistant wired to it, each in a process of its own, on 127.0.0.1 only."""
