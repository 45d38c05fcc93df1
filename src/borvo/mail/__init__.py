"""Mail: what features hand over, how it is posted through the outbox, and who delivers it."""
