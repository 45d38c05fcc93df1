"""`borvo support tenancy`, as its users type it."""

from borvo.accounts.public import Registration, create_person
from borvo.assembly import Platform
from tests.functional.cli.commands import run
from tests.functional.cli.test_serve import configure

OWNER, OTHER = "ada@example.org", "bob@example.org"


async def test_support_looks_after_a_tenancy_from_its_making_to_its_resumption(
    database_url: str, platform: Platform
) -> None:
    for email in (OWNER, OTHER):
        await create_person(platform.accounts, Registration(email, "Ada", "Byron", "correct horse pony"))
    steps = [
        (f"create --owner {OWNER} --prefix healthorg", "now owns a developer tenancy"),
        ("prefix set healthorg better", "will begin with better."),
        (
            f"member add better {OTHER} --role viewer",
            f"{OTHER} is a member of the tenancy better, as viewer.",
        ),
        ("suspend better", "The tenancy better is suspended"),
        ("list", "members 2  clients 0"),
        ("resume better", "The tenancy better works again"),
        (f"member remove better {OTHER}", "no longer a member"),
    ]
    for words, answer in steps:
        ended = await run("support", "tenancy", *words.split(), environment=configure(database_url))
        assert (ended.code, ended.err) == (0, ""), words
        assert answer in ended.out, words


async def test_a_refusal_is_one_line_that_says_why(database_url: str, platform: Platform) -> None:
    await create_person(platform.accounts, Registration(OWNER, "Ada", "Byron", "correct horse pony"))
    environment = configure(database_url)
    await run(
        "support", "tenancy", "create", "--owner", OWNER, "--prefix", "healthorg", environment=environment
    )
    for words, complaint in (
        ("suspend nothing", "No tenancy has the prefix or the id nothing."),
        (f"member remove healthorg {OWNER}", "this is the last one"),
        (f"member add healthorg {OWNER} --role king", "the roles are owner, developer, viewer"),
    ):
        ended = await run("support", "tenancy", *words.split(), environment=environment)
        assert ended.code == 1
        assert complaint in ended.complaint
