"""All of a person's samples as one file, made in the background for her alone."""
