"""What counts passwords that are tried, for tests that look at it."""

from collections.abc import Awaitable

from borvo.accounts import limits
from borvo.accounts.entering import Device, Entry, enter_at_once
from borvo.accounts.limits import Limit
from borvo.accounts.methods import PASSWORD as METHODS
from borvo.accounts.public import Registration, create_person
from borvo.accounts.service import Proved, sign_in
from borvo.assembly import Platform
from borvo.kernel.errors import TooManyRequestsError
from borvo.web.addresses import find_network
from tests.functional.identity.flows import ADA

PASSWORD = "correct horse pony"
WRONG = "wrong horse pony"
HERE, THERE = "192.0.2.7", "198.51.100.7"
BOB = "bob@example.org"


async def make_person(platform: Platform, email: str = ADA) -> None:
    await create_person(platform.accounts, Registration(email, "Ada", "Byron", PASSWORD))


async def prove(platform: Platform, email: str = ADA, address: str = HERE) -> Proved:
    """Whose password was right a moment ago."""
    proved = await sign_in(platform.accounts, email, PASSWORD, address)
    assert proved is not None
    return proved


async def enter_proved(platform: Platform, proved: Proved) -> Entry | None:
    device = Device("", HERE)
    return await enter_at_once(platform.accounts, None, proved.person, device, METHODS, proved.attempt)


async def come_in(platform: Platform, email: str = ADA, address: str = HERE) -> Entry | None:
    """As who needs nothing but a right password."""
    return await enter_proved(platform, await prove(platform, email, address))


async def is_refused(attempt: Awaitable[Proved | None]) -> bool:
    """Whether it was not even looked at; what is looked at is wrong."""
    try:
        assert await attempt is None
    except TooManyRequestsError:
        return True
    return False


async def read_count(platform: Platform, limit: Limit, subject: str) -> int:
    counter = platform.accounts.limiter.find_counter(limit, subject, platform.clock())
    counted: int | None = await platform.database.pool.fetchval(
        "select attempts from attempt_counter where subject = $1 and window_start = $2",
        counter.subject,
        counter.window,
    )
    return counted or 0


async def read_counts(platform: Platform, address: str = HERE, email: str = ADA) -> list[int]:
    """Of the network, of both, and of the address."""
    asked = limits.list_sign_in_limits(email, find_network(address), None)
    return [await read_count(platform, limit, subject) for limit, subject in asked]


async def count_sessions(platform: Platform) -> int:
    counted: int = await platform.database.pool.fetchval("select count(*) from login_session")
    return counted
