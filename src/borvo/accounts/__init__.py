"""People: sign-up, sign-in, passwords, login sessions, roles, and their own pages."""
