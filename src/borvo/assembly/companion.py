"""What stands beside a worker, and who asks it."""

from borvo.accounts import hash_process
from borvo.accounts.passwords import Passwords, count_threads
from borvo.assembly.cores import count_cores
from borvo.companion.keeper import Companion
from borvo.identity import signing_process


def build_companion(workers: int) -> Companion:
    """For one of as many workers that share the cores. It is not begun. It signs where there is a core to spare: what
    the worker would wait for gains nothing where both share one."""
    cores = count_cores()
    duties = [f"{hash_process.__name__}={count_threads(workers, cores)}"]
    if cores > workers:
        duties.append(signing_process.__name__)
    return Companion(duties)


def build_passwords(workers: int, companion: Companion) -> Passwords:
    """For one of as many workers."""
    return Passwords(threads=count_threads(workers, count_cores()), companion=companion)
