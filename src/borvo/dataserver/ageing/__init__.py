"""What samples were goes away in parts."""
