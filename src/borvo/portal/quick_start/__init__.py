"""Programs for each client, with its own values: what to paste, and what to run it with."""
