"""Debian's Apache with mod_auth_openidc, which keeps strangers out of a site by signing them in at Borvo."""

import os
import shutil
from asyncio import subprocess, wait_for
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import stop, wait_for_port

_MODULES = Path("/usr/lib/apache2/modules")
_LOADED = ("mpm_event", "authn_core", "authz_core", "authz_user", "headers", "auth_openidc")
_PATIENCE = 20

_SERVER = """
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog {folder}/errors
DefaultRuntimeDir {folder}
Mutex file:{folder}
ServerName 127.0.0.1
StartServers 1
ThreadsPerChild 8
MaxRequestWorkers 8
{user}
{modules}
DocumentRoot {folder}/site
"""
# What the module knows of the person is shown in headers, which are easy to read.
_SITE = """
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
  OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
  OIDCClientID {client_id}
  OIDCClientSecret {secret}
  OIDCRedirectURI http://127.0.0.1:{port}/callback
  OIDCCryptoPassphrase for-this-run-only
  OIDCScope "openid profile email offline_access"
  OIDCRemoteUserClaim sub
  {options}
  <Location />
    AuthType openid-connect
    Require valid-user
    Header set X-Sub "%{{OIDC_CLAIM_sub}}e"
    Header set X-Email "%{{OIDC_CLAIM_email}}e"
    Header set X-Access-Token "%{{OIDC_access_token}}e"
  </Location>
  <Location /bye>
    AuthType none
    Require all granted
  </Location>
</VirtualHost>
"""


def find_apache() -> str | None:
    """The program's path; None where it or its module is not installed."""
    path = os.environ.get("PATH", "") + ":/usr/sbin"
    return shutil.which("apache2", path=path) if (_MODULES / "mod_auth_openidc.so").exists() else None


@dataclass(frozen=True)
class Site:
    """One client: a site of its own on a port of its own."""

    port: int
    client_id: str
    secret: str
    options: str

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def write_settings(folder: Path, issuer: str, sites: list[Site]) -> Path:
    pages = folder / "site"
    pages.mkdir()
    for name in ("home", "bye"):
        (pages / name).write_text(f"{name}\n")
    loaded = [f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in _LOADED]
    # Root may start it, and it serves as somebody else.
    user = "User nobody\nGroup nogroup" if os.geteuid() == 0 else ""
    text = _SERVER.format(folder=folder, user=user, modules="\n".join(loaded))
    for site in sites:
        text += _SITE.format(
            issuer=issuer, port=site.port, client_id=site.client_id, secret=site.secret, options=site.options
        )
    settings = folder / "apache.conf"
    settings.write_text(text)
    return settings


@asynccontextmanager
async def serve_sites(program: str, folder: Path, issuer: str, sites: list[Site]) -> AsyncIterator[None]:
    settings = write_settings(folder, issuer, sites)
    process = await subprocess.create_subprocess_exec(
        program, "-f", str(settings), "-DFOREGROUND", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        for site in sites:
            await wait_for(wait_for_port(site.port), _PATIENCE)
        yield
    finally:
        await stop(process)
