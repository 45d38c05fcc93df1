"""DeveloperPortal: developer tenancies, their clients and the secrets of those."""
