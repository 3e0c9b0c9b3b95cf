"""What connects the farm model to Home Assistant while a store is loaded: queues, listeners, slow polls and storage."""
