"""The catalogue of sample types as clients read it: `GET /sample/v1/types`."""

from functools import cache
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

from borvo.catalogue.sample_types import Family, SampleType, list_sample_types
from borvo.catalogue.units import list_units
from borvo.web.csrf import WITHOUT_CSRF
from borvo.web.validators import create_tag, is_known

_CACHED = "public, max-age=3600"


class UnitAnswer(Struct):
    """The unit in which values are stored, written and read; `ucum` is its code. `accepted` are the codes of those that
    may be asked for instead."""

    name: str
    ucum: str
    accepted: tuple[str, ...]


class PlausibleAnswer(Struct):
    """In the stored unit. A value beyond is stored, with a warning."""

    low: float
    high: float
    because: str


class CodesAnswer(Struct, rename="camel", omit_defaults=True):
    """What other catalogues call the type; left out where they have no such thing."""

    loinc: str | None = None
    healthkit: str | None = None
    health_connect: str | None = None


class TypeAnswer(Struct, rename="camel", omit_defaults=True):
    """One type. `unit` and `plausible` belong to quantities, `values` to categories, `members` to correlations."""

    type: str
    label: str
    description: str
    family: Family
    group: str
    read_scope: str
    write_scope: str
    codes: CodesAnswer
    unit: UnitAnswer | None = None
    plausible: PlausibleAnswer | None = None
    values: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


class TypesAnswer(Struct):
    """All types, in the order in which they were added."""

    types: list[TypeAnswer]


def _describe_unit(each: SampleType) -> UnitAnswer | None:
    if each.ucum is None:
        return None
    return UnitAnswer(each.unit or "", each.ucum, list_units(each.ucum, each.molar_mass))


def _describe(each: SampleType) -> TypeAnswer:
    return TypeAnswer(
        type=each.name,
        label=each.label,
        description=each.about,
        family=each.family,
        group=each.group,
        read_scope=each.read_scope,
        write_scope=each.write_scope,
        codes=CodesAnswer(each.loinc, each.healthkit, each.health_connect),
        unit=_describe_unit(each),
        plausible=PlausibleAnswer(*each.plausible, each.because or "") if each.plausible else None,
        values=each.values,
        members=each.members,
    )


@cache
def render_types() -> tuple[bytes, str]:
    """The body and its entity tag: the same for everybody, as long as the program is the same."""
    body = msgspec.json.encode(TypesAnswer([_describe(each) for each in list_sample_types()]))
    return body, create_tag(body)


@get(
    "/sample/v1/types",
    opt=WITHOUT_CSRF,
    sync_to_thread=False,
    responses={
        200: ResponseSpec(TypesAnswer, generate_examples=False, description="All types of samples."),
        304: ResponseSpec(None, description="What `If-None-Match` names is still right."),
    },
)
def show_types(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The types of samples with their units, values, scopes and what they mean. Anybody may read it, without a token:
    it says nothing of any person."""
    body, tag = render_types()
    headers = {"Cache-Control": _CACHED, "ETag": tag}
    if is_known(request.headers.get("if-none-match"), tag):
        return Response(b"", status_code=304, headers=headers, media_type="application/json")
    return Response(body, media_type="application/json", headers=headers)
