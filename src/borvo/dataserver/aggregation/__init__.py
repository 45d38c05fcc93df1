"""Statistics of samples by hour, day, week or month, worked out by the database."""
