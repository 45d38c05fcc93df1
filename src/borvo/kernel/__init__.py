"""Values that everybody may use. Everything here is pure: no I/O, and nothing but the standard library."""
