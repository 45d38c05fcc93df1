"""Agencies: agents and organisations ask people for access to their data, people decide, and both see what happened
since. Nothing here reads a sample; whoever does asks here first, in the same transaction."""
