"""What a database cannot do for Borvo."""


class StorageError(Exception):
    """The message is one line and says what to do."""
