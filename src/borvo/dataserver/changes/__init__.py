"""What was added, changed and deleted since a client last asked."""
