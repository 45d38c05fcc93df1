"""The two-step query of the older contract: results that stay as they were when they were asked for."""
