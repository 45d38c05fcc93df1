"""What an account holds of its owner, as a file that she takes with her. Samples are files of their own. Never what
opens the account: no password, no key, no token."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

import msgspec

from borvo.accounts import profile_store, service
from borvo.accounts.factors.service import find_factors
from borvo.accounts.model import Login
from borvo.accounts.service import Accounts
from borvo.accounts.signing_in import SignInNeededError


def _say(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


async def gather_account(accounts: Accounts, login: Login) -> dict[str, Any]:
    """Under the names of OpenID Connect Core 5.1 where it has one; times with an offset. Raises `SignInNeededError`
    when the account was closed meanwhile."""
    async with accounts.database.connection() as connection:
        subject = await profile_store.load_claims_subject(connection, login.person.id)
    if subject is None:
        raise SignInNeededError("/account")
    person = subject.person
    return {
        "sub": str(person.id),
        "email": person.email,
        "email_verified": person.is_email_verified,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "roles": sorted(person.roles),
        "profile": {**asdict(subject.profile), "updated_at": _say(subject.updated_at)},
        "second_step": await _gather_factors(accounts, login),
        "devices": await _gather_sessions(accounts, login),
    }


async def _gather_factors(accounts: Accounts, login: Login) -> dict[str, Any]:
    factors = await find_factors(accounts, login.person.id)
    return {
        "authenticator_app_since": _say(factors.totp_since),
        "recovery_codes_left": factors.codes_left,
        "passkeys": [
            {
                "name": passkey.name,
                "on_several_devices": passkey.is_synced,
                "added_at": _say(passkey.created_at),
                "last_used_at": _say(passkey.last_used_at),
            }
            for passkey in factors.passkeys
        ],
    }


async def _gather_sessions(accounts: Accounts, login: Login) -> list[dict[str, Any]]:
    return [
        {
            "browser": session.user_agent,
            "address": session.client_address,
            "signed_in_at": _say(session.authenticated_at),
            "last_seen_at": _say(session.last_seen_at),
        }
        for session in await service.list_sessions(accounts, login.person.id)
    ]


def render_account(account: dict[str, Any]) -> bytes:
    """As JSON that a person can read, too."""
    return msgspec.json.format(msgspec.json.encode(account), indent=2) + b"\n"
