"""Writes the parts of the documentation that the code knows better: settings, commands, scopes, errors, conformance.

With `--check` it writes nothing and exits with 1 when a file is stale.
"""

import argparse
import ast
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

import borvo.assembly  # noqa: F401  (loads the errors of every feature)
from borvo.catalogue.sample_types import Family, SampleType, list_sample_types
from borvo.catalogue.scopes import BASIC_SCOPES, map_scopes
from borvo.catalogue.units import list_units
from borvo.cli.main import build_parser
from borvo.kernel.errors import BorvoError
from borvo.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parent.parent
_NOTICE = "<!-- Written by scripts/generate_reference.py: change the code, then run it. -->\n"

OAUTH_ERRORS = {
    "access_denied": "The person declined.",
    "authorization_pending": "The device asks before the person has decided.",
    "consent_required": "`prompt=none`, but the person has to be asked.",
    "expired_token": "The device code has expired.",
    "insufficient_scope": "The access token lacks a scope; in WWW-Authenticate, with status 403.",
    "invalid_client": "The client is unknown or disabled, or its secret is wrong; status 429 after too many.",
    "invalid_dpop_proof": "The DPoP proof is missing, not for this request, or was used before; of an API in "
    "WWW-Authenticate, with status 401.",
    "invalid_grant": "The code is unknown, expired, used, another client's, or its redirect URI or verifier differs.",
    "invalid_request": "A parameter is missing, repeated or malformed.",
    "invalid_request_object": "The request object cannot be read, does not verify, or says what it may not.",
    "invalid_request_uri": "The `request_uri` is not registered, or there is no request object at it.",
    "invalid_scope": "The client is not registered for the scope, or names none where it must.",
    "invalid_target": "The `resource` is none of this instance, or was not granted.",
    "invalid_token": "The access token is expired, revoked or not ours; in WWW-Authenticate, with status 401.",
    "login_required": "`prompt=none`, but nobody is signed in; or somebody else than `id_token_hint` says.",
    "registration_not_supported": "The parameter `registration` is not served.",
    "request_uri_not_supported": "A `request_uri` that is no name of a pushed request, in the profile `strict`.",
    "slow_down": "The device asks too often; its interval is five seconds longer from now on.",
    "unauthorized_client": "The client is not registered for this grant type or response type.",
    "unmet_authentication_requirements": "The `acr` that is demanded is unknown here.",
    "unsupported_grant_type": "There is no such grant type here.",
    "unsupported_response_type": "There is no such response type here.",
    "use_dpop_nonce": "Send a DPoP proof with the nonce of the header DPoP-Nonce; of an API in WWW-Authenticate, "
    "with status 401.",
}


def _table(*header: str, rows: Iterable[Iterable[object]]) -> str:
    lines = [header, ["-"] * len(header), *rows]
    return "".join(
        f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |\n" for row in lines
    )


def _describe_type(hint: Any, meta: msgspec.Meta) -> str:
    if get_origin(hint) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(hint))
    if hint is int:
        return f"number, {meta.ge} to {meta.le}"
    return "text"


def render_settings() -> str:
    """From the annotations of `Settings`."""
    hints = get_type_hints(Settings, include_extras=True)
    rows = []
    for field in msgspec.structs.fields(Settings):
        kind, meta = get_args(hints[field.name])
        default = "required" if field.required else f"`{field.default}`"
        rows.append(
            (f"`{PREFIX}{field.name.upper()}`", _describe_type(kind, meta), default, meta.description)
        )
    return (
        "# Settings\n\n`borvo serve`, `borvo keys` and `borvo support` read these environment variables; "
        "`borvo migrate` reads "
        f"`{PREFIX}DATABASE_URL` only, and `borvo demo` only `{PREFIX}LOG_LEVEL`. A `{PREFIX}` name that is not listed "
        "here is refused, so that a misspelt one is noticed; only those of scripts, tests and `borvo client` pass.\n\n"
        + _table("variable", "value", "default", "meaning", rows=rows)
    )


def list_commands(
    parser: argparse.ArgumentParser, summary: str
) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """Every command that does something, with its one-line help."""
    groups = [action for action in vars(parser)["_actions"] if isinstance(action.choices, dict)]
    if not groups:
        yield parser, summary
    for group in groups:
        helps = {each.dest: each.help or "" for each in vars(group)["_choices_actions"]}
        for name, command in group.choices.items():
            yield from list_commands(command, helps.get(name, ""))


def _describe_argument(action: argparse.Action) -> tuple[str, str]:
    name = action.option_strings[-1] if action.option_strings else str(action.metavar)
    if isinstance(action, argparse.BooleanOptionalAction):
        name = ", ".join(action.option_strings)
    takes_value = bool(action.option_strings) and action.nargs != 0
    value = f" {action.metavar or action.dest.upper()}" if takes_value else ""
    text = (action.help or "").replace("%(default)s", str(action.default))
    return f"`{name}{value}`", f"{text} (required)" if action.required and takes_value else text


def render_commands() -> str:
    """From the parser of the command line."""
    parser = build_parser()
    parts = []
    for command, summary in list_commands(parser, ""):
        arguments = [each for each in vars(command)["_actions"] if each.dest != "help"]
        rows = [_describe_argument(each) for each in arguments]
        table = "\n" + _table("argument", "meaning", rows=rows) if rows else ""
        parts.append(f"## {command.prog}\n\n{summary[:1].upper()}{summary[1:]}.\n{table}")
    return (
        "# Commands\n\nExit codes: 0 done, 1 refused or failed, 2 wrong usage or settings, 130 interrupted; "
        "`borvo client` has [more](../how-to/manage-clients-from-ci.md#exit-codes). "
        "`--help` after any command shows its arguments.\n\n" + "\n".join(parts)
    )


def _describe_content(sample_type: SampleType) -> str:
    match sample_type.family:
        case Family.QUANTITY:
            return f"{sample_type.unit} (`{sample_type.ucum}`)"
        case Family.CATEGORY:
            return "one of " + ", ".join(f"`{value}`" for value in sample_type.values)
        case Family.CORRELATION:
            return "samples of " + ", ".join(f"`{name}`" for name in sample_type.members)


def render_scopes() -> str:
    """From the catalogue."""
    basic = [(f"`{each.scope}`", f"... would like to {each.sentence}") for each in BASIC_SCOPES]
    groups: dict[str, list[SampleType]] = {}
    for sample_type in list_sample_types():
        groups.setdefault(map_scopes()[sample_type.read_scope].group, []).append(sample_type)
    parts = [
        f"\n## {title}\n\n"
        + _table(
            "type",
            "value",
            "to read",
            "to write",
            rows=[
                (f"`{each.name}`", _describe_content(each), f"`{each.read_scope}`", f"`{each.write_scope}`")
                for each in types
            ],
        )
        for title, types in groups.items()
    ]
    return (
        f"# Scopes and sample types\n\nThe {len(list_sample_types())} types of samples with the units in which their "
        "values are stored, written and read. Names are case-sensitive. A sample that holds others (a correlation) "
        "needs the scopes of its parts as well. UCUM codes stand in parentheses.\n\n"
        "## Basic\n\n" + _table("scope", "asked as", rows=basic) + "".join(parts)
    )


_CODE_ADDRESSES = {
    "loinc": "https://loinc.org/{}",
    "healthkit": "https://developer.apple.com/documentation/healthkit/{}",
    "health_connect": "https://developer.android.com/reference/kotlin/androidx/health/connect/client/records/{}",
}


def _find_healthkit_page(identifier: str) -> str:
    kind, _, member = identifier.removeprefix("HK").partition("TypeIdentifier")
    return f"hk{kind}typeidentifier/{member}".lower()


def _link_codes(sample_type: SampleType) -> Iterator[str]:
    for name, address in _CODE_ADDRESSES.items():
        if code := getattr(sample_type, name):
            page = _find_healthkit_page(code) if name == "healthkit" else code
            yield f"[{code}]({address.format(page)})"


def _describe_range(sample_type: SampleType) -> str:
    if sample_type.plausible is None:
        return ""
    low, high = sample_type.plausible
    return f"{low:g} to {high:g}: {sample_type.because}"


def render_types() -> str:
    """From the catalogue: what the page on scopes leaves out."""
    rows = [
        (
            f"`{each.name}`",
            f"{each.label}. {each.about}",
            ", ".join(f"`{unit}`" for unit in list_units(each.ucum, each.molar_mass)) if each.ucum else "",
            _describe_range(each),
            ", ".join(_link_codes(each)),
        )
        for each in list_sample_types()
    ]
    return (
        "# Sample types\n\nThe same, for programs: `GET /sample/v1/types`, which needs no token. The first unit is "
        "the one in which values are stored; they are [read in the others](../how-to/read-samples.md), too. A value "
        "out of the plausible range is stored with a warning: the ranges are wide enough for every living person, so "
        "what lies beyond is most likely in another unit. Codes are those of LOINC, of Apple HealthKit and of Google "
        "Health Connect, one of whose records may serve several types; where none stands, none fits exactly. "
        "[Scopes](scopes.md) have a page of their own.\n\n"
        + _table("type", "meaning", "units", "plausible", "elsewhere", rows=rows)
    )


def _list_errors(kind: type[BorvoError] = BorvoError) -> Iterator[type[BorvoError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _list_errors(each)


def render_errors() -> str:
    """From the classes of errors; what the codes of OAuth mean here is written above."""
    rows = {
        (each.status, each.title, " ".join((each.__doc__ or "").split()).partition(". ")[0].rstrip(".") + ".")
        for each in _list_errors()
        if each is not BorvoError and each.__module__.startswith("borvo.")
    }
    codes = [(f"`{code}`", meaning) for code, meaning in sorted(OAUTH_ERRORS.items())]
    return (
        "# Errors\n\nJSON APIs answer errors with a problem document (RFC 9457, `application/problem+json`): `type`, "
        "`title`, `status`, `detail`, `instance`, and on a 400 often `errors`, the faults by field. Pages show the "
        "same words. What the web framework itself refuses (no such address, wrong method) has its usual title; "
        "what nobody foresaw is a 500 `Internal error`, and what was asked may or may not have been done. Every "
        "answer carries `X-Request-Id`, which leads to the log.\n\n"
        + _table("status", "title", "meaning", rows=sorted(rows))
        + "\n## OAuth errors\n\nThe token endpoint answers with `error` and `error_description` as JSON; the "
        "authorization endpoint sends them to the client's redirect URI. Without a known client and its own redirect "
        "URI the person sees a page instead.\n\n" + _table("error", "meaning", rows=codes)
    )


Rule = tuple[str, str]


def _read_rules(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Rule]:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.spec":
            document, section = (str(ast.literal_eval(argument)) for argument in decorator.args)
            yield re.sub(r"^RFC(?=\d)", "RFC ", document), section


def list_rules(root: Path) -> dict[str, list[tuple[str, str, Path]]]:
    """By document: section, test, file."""
    rules: dict[str, list[tuple[str, str, Path]]] = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for document, section in _read_rules(node):
                    rules.setdefault(document, []).append((section, node.name, path.relative_to(root)))
    return rules


def _order_section(row: tuple[str, str, Path]) -> tuple[list[int], str]:
    return [int(part) for part in re.findall(r"\d+", row[0])], row[1]


Verdicts = dict[str, dict[str, list[str]]]


def _find_verdict(verdicts: Verdicts, response_type: str, module: str) -> str:
    """Without what was seen; empty where the plan does not run the module for the response type."""
    found = verdicts.get(response_type, {}).items()
    return next((verdict.partition(":")[0] for verdict, modules in found if module in modules), "")


def _compare(ours: str, theirs: str) -> str:
    """A cell of the matrix: what Borvo and the reference come to."""
    if ours in {"", "not applicable"}:
        return ours or "-"
    mine = "passed" if ours == "passed" else "**not yet**"
    return mine if theirs == "passed" else f"{mine}, reference {theirs}"


def _render_plan(title: str, ours: Verdicts, theirs: Verdicts, notes: dict[str, list[str]]) -> str:
    names = sorted({module for found in ours.values() for modules in found.values() for module in modules})
    rows = [
        (
            f"`{name}`",
            *(_compare(*(_find_verdict(each, kind, name) for each in (ours, theirs))) for kind in ours),
            ", ".join(notes.get(name, ())),
        )
        for name in names
    ]
    size = sum(len(modules) for found in ours.values() for modules in found.values())
    types = [f"`{kind}`" for kind in ours]
    return f"\n## {title}: {size}\n\n" + _table("module", *types, "notes", rows=rows)


def render_plans(folder: Path) -> str:
    """From the files that `make conformance` and people write there."""
    told, notes, pending = (
        json.loads((folder / f"{name}.json").read_text()) for name in ("results", "notes", "pending")
    )
    numbers: dict[str, list[str]] = {}
    for number, note in enumerate(notes, 1):
        for module in note["modules"]:
            numbers.setdefault(module, []).append(str(number))
    borvo, reference = told["outcomes"]["Borvo"], told["outcomes"]["oidc-provider"]
    parts = [
        _render_plan(title, borvo[name], reference[name], numbers) for name, title in told["plans"].items()
    ]
    rows = [
        (number, ", ".join(f"`{module}`" for module in note["modules"]), *(note[key] for key in _NOTE_PARTS))
        for number, note in enumerate(notes, 1)
    ]
    missing = [(", ".join(f"`{module}`" for module in each["modules"]), each["reason"]) for each in pending]
    return (
        "The certification plans of the OpenID Foundation for providers, module by module, by tests of our own under "
        "the same names, over HTTP: [which](../tests/conformance/plans.py). This is no certificate. `make conformance` "
        f"runs the same tests on Borvo and on {told['reference']}, a certified provider, so that the tests are "
        "tested as well, and writes this page; `make test` runs some of them on Borvo. *Passed* without more: on both. "
        "A title says how many runs a plan has.\n"
        + "".join(parts)
        + "\n## Where the two differ\n\n"
        + _table("note", "modules", "Borvo", "reference", "who is right", rows=rows)
        + ("\n## Not yet\n\n" + _table("what", "why", rows=missing) if missing else "")
    )


_NOTE_PARTS = ("borvo", "reference", "verdict")


def render_conformance() -> str:
    """From the markers of the tests, and from what the last run of the certification plans came to."""
    parts = []
    for document, rules in sorted(list_rules(ROOT).items()):
        rows = [
            (section, f"[{name.removeprefix('test_').replace('_', ' ')}](../{path.as_posix()})")
            for section, name, path in sorted(rules, key=_order_section)
        ]
        parts.append(f"\n## {document}\n\n" + _table("section", "test", rows=rows))
    return (
        "# Conformance\n\n"
        + render_plans(ROOT / "tests" / "conformance")
        + "\n# Rules and tests\n\nWhich rule of which specification is held by which test. It lists what is tested, "
        "not all that the specifications say. A test names its rule by `@pytest.mark.spec(document, section)`.\n"
        + "".join(parts)
    )


PAGES: dict[str, Callable[[], str]] = {
    "docs/reference/settings.md": render_settings,
    "docs/reference/commands.md": render_commands,
    "docs/reference/scopes.md": render_scopes,
    "docs/reference/sample-types.md": render_types,
    "docs/reference/errors.md": render_errors,
    "docs/conformance.md": render_conformance,
}


def find_stale(root: Path) -> dict[Path, str]:
    """The files that differ from what the code says, with what they should hold."""
    wanted = {root / name: _NOTICE + render() for name, render in PAGES.items()}
    return {
        path: text
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 when a file is stale"
    )
    stale = find_stale(ROOT)
    if parser.parse_args().check:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale: run scripts/generate_reference.py", file=sys.stderr)
        sys.exit(bool(stale))
    for path, text in stale.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
