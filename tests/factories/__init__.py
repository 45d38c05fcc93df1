"""What tests make by the dozen."""
