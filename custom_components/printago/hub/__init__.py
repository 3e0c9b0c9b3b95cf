"""What surrounds the farm model while a store is loaded: queues, listeners, slow polls and what is stored."""
