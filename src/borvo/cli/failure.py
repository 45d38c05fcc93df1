"""How a command fails: one line on standard error and an exit code, never a traceback."""


class CommandError(Exception):
    """The text says what is wrong and what to do; `code` is the exit code of the process."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code
