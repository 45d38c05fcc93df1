"""The security event log: who did what with accounts, consents and secrets. Rows are added and never changed."""
