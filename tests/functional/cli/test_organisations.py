"""`borvo support organisation`, as its users type it."""

from borvo.accounts.public import Registration, create_person
from borvo.assembly import Platform
from tests.factories.clients import register_client
from tests.functional.cli.commands import run
from tests.functional.cli.test_serve import configure

ADA = "ada@example.org"


async def test_support_looks_after_an_organisation(database_url: str, platform: Platform) -> None:
    await create_person(platform.accounts, Registration(ADA, "Ada", "Byron", "correct horse pony"))
    await register_client(platform, "demo.worker", grant_types=["client_credentials"])
    steps = [
        (("create", "North Clinic"), "The organisation North Clinic is there"),
        (("member", "add", "north clinic", ADA), f"{ADA} is now agent of North Clinic."),
        (("member", "add", "North Clinic", ADA), f"{ADA} is already agent"),
        (("allow", "demo.worker", "North Clinic"), "demo.worker now acts for North Clinic."),
        (("list",), "members 1"),
        (("disallow", "demo.worker", "North Clinic"), "no longer acts"),
        (("member", "remove", "North Clinic", ADA), "no longer a member"),
    ]
    for words, answer in steps:
        ended = await run("support", "organisation", *words, environment=configure(database_url))
        assert (ended.code, ended.err) == (0, ""), words
        assert answer in ended.out, words


async def test_a_refusal_is_one_line_that_says_why(database_url: str, platform: Platform) -> None:
    await register_client(platform, "demo.worker")
    for words, complaint in (
        (("allow", "demo.worker", "Nowhere"), "No organisation has the name or the id Nowhere."),
        (("allow", "demo.none", "Nowhere"), "There is no client demo.none."),
        (("member", "add", "Nowhere", ADA, "--role", "king"), "the roles are agent, membership_manager"),
        (("create", " "), "Give the organisation a name."),
    ):
        ended = await run("support", "organisation", *words, environment=configure(database_url))
        assert ended.code == 1
        assert complaint in ended.complaint
