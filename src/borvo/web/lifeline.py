"""A worker process lives no longer than the process that started it."""

import multiprocessing
import os
import signal
import threading
import time

_LOOKED_EVERY = 1.0
_END_WITHIN = 20.0


def end_with_parent() -> None:
    """Ends this process in order once its parent is gone. One that was killed can ask nobody to end, and a worker
    that stayed would keep the port from the next start. Does nothing in a process that is no worker."""
    if multiprocessing.parent_process() is not None:
        threading.Thread(target=_follow_parent, name="lifeline", daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    # A worker that was forked later holds the other end of the sentinel, too: so the kernel is asked as well.
    while parent is not None and os.getppid() == parent.pid:
        parent.join(_LOOKED_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_END_WITHIN)
    os._exit(1)
