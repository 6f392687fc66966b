"""Background work: a queue in the store's database, and worker processes that empty it."""
