"""The limits beside which Borvo's figures stand."""

import time

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256


def measure_signatures(seconds: float) -> float:
    """Bare RS256 signatures a CPU second of one core, 2,048 bits, over a message of a token's size."""
    key, message = generate_private_key(65_537, 2048), b"x" * 400
    count, until, started = 0, time.perf_counter() + seconds, time.process_time()
    while time.perf_counter() < until:
        key.sign(message, PKCS1v15(), SHA256())
        count += 1
    return count / (time.process_time() - started)
