"""Codes of authenticator apps: RFC 6238, with the parameters that every app knows."""

import re
from base64 import b32encode
from datetime import datetime
from urllib.parse import urlsplit

import pyotp
import segno

from borvo.kernel.digests import is_same
from borvo.kernel.entropy import Entropy

STEP_SECONDS = 30
# RFC 6238 5.2: one step either way, for clocks that differ and people who type slowly.
WINDOW = 1
# RFC 4226 4: 160 bits are recommended.
SECRET_BYTES = 20
_CODE = re.compile(r"[0-9]{6}", re.ASCII)


def create_secret(entropy: Entropy) -> str:
    """In base 32, as apps take it."""
    return b32encode(entropy(SECRET_BYTES)).decode()


def parse_code(text: str) -> str | None:
    """Six digits, however they were grouped; None for anything else."""
    code = "".join(text.split())
    return code if _CODE.fullmatch(code) else None


def find_step(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code it is, of those within the window; None for a wrong code."""
    current = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    found = None
    for step in range(current - WINDOW, current + WINDOW + 1):
        # All are compared, so that time does not tell which it was.
        if is_same(totp.generate_otp(step).encode(), code.encode()):
            found = step
    return found


def build_uri(secret: str, email: str, issuer: str) -> str:
    """What the picture holds: the key, and under what name the app shows it."""
    host = urlsplit(issuer).netloc
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=f"Borvo ({host})")


def draw(uri: str) -> str:
    """The QR code as an address of its picture, dark on white whatever the page's colours are."""
    return segno.make(uri, micro=False).svg_data_uri(scale=4, dark="#000", light="#fff")


def group_secret(secret: str) -> str:
    """For people who type it."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
