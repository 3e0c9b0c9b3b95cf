"""The demo: a virtual farm and a real Home Assistant connected to it, in separate processes, on 127.0.0.1 only."""
