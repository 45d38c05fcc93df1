"""What Borvo reaches beside the limit that the machine sets, both measured in one run."""
