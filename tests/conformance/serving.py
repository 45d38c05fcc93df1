"""Applications on real sockets, served by uvicorn in this process."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from uvicorn import Config, Server

from borvo.kernel.clock import read_system_clock

HOST = "127.0.0.1"


def listen() -> socket.socket:
    """On a port of its own, which stays taken."""
    return socket.create_server((HOST, 0))


def find_port(listener: socket.socket) -> int:
    port: int = listener.getsockname()[1]
    return port


@asynccontextmanager
async def serve(application: Any, listener: socket.socket, **options: Any) -> AsyncIterator[None]:
    config = Config(application, log_config=None, ws="none", access_log=False, **options)
    server = Server(config)
    # Without the handlers of signals, which are the test run's.
    running = asyncio.create_task(server._serve(sockets=[listener]))
    while not server.started:  # uvicorn tells by this attribute only
        if running.done():
            await running
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await running


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """For this machine, signed by itself: where the certificate and its key are."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = read_system_clock()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = folder / "certificate.pem", folder / "key.pem"
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_path, key_path
