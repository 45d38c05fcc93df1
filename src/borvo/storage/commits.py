"""When what was written lasts."""

ASYNCHRONOUS_COMMIT = "set_config('synchronous_commit', 'off', true)"
"""An expression for what a statement selects that is a unit of work by itself: its answer does not wait until the disk
has what it wrote. For what may be lost when the machine stops (decision 92), the last 0.6 s of it at most. Who
waits for the disk afterwards waits for all that came before, too. Never in a transaction with other statements: it
would hold for all of them."""
