"""What the OpenAPI document says of parameters and bodies that the endpoints read by themselves."""

from dataclasses import dataclass

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    OpenAPIFormat,
    OpenAPIType,
    Operation,
    Parameter,
    Schema,
)

from borvo.catalogue.sample_types import list_sample_types
from borvo.dataserver.bodies import PageAnswer
from borvo.dataserver.model import Order
from borvo.dataserver.queries import SAMPLE_FIELDS
from borvo.web.problems import describe_faults

_TEXT = Schema(type=OpenAPIType.STRING)
_TEXTS = Schema(type=OpenAPIType.ARRAY, items=_TEXT)
_INSTANT = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.DATE_TIME)
_TYPE = Schema(type=OpenAPIType.STRING, enum=[each.name for each in list_sample_types()])


def _choose(*choices: str) -> Schema:
    return Schema(type=OpenAPIType.STRING, enum=list(choices), default=choices[0])


def _count(least: int, default: int, most: int | None = None) -> Schema:
    return Schema(type=OpenAPIType.INTEGER, minimum=least, maximum=most, default=default)


def _list_parameters() -> list[Parameter]:
    described = {
        "types": (
            Schema(type=OpenAPIType.ARRAY, items=_TYPE),
            "Repeated or comma-separated; none means every type that the token may read.",
        ),
        **{
            f"RangeOf{name}.{bound}": (_INSTANT, f"{word} {name} to find. The bound belongs to the range.")
            for name in ("StartDate", "EndDate", "CreationDate")
            for bound, word in (("LowerBound", "Earliest"), ("UpperBound", "Latest"))
        },
        "orderProperty": (_choose(*Order), "By what the samples are ordered."),
        "orderDirection": (_choose("Ascending", "Descending"), "In which direction."),
        "take": (_count(1, 100, 1000), "How many samples to answer at most."),
        "skip": (_count(0, 0), "How many samples to pass over. The link to the next page costs less."),
        "device": (_TEXTS, "Only samples of these devices. Repeated, each as a whole."),
        "client": (_TEXTS, "Only samples that these clients wrote, by their client ids. Repeated."),
        "unit": (
            _TEXTS,
            "UCUM codes to write values in, such as `mm[Hg]`, or `body_mass:[lb_av]`. Repeated.",
        ),
        "fields": (
            Schema(type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.STRING, enum=[*SAMPLE_FIELDS])),
            "Only these members of each sample. Repeated or comma-separated.",
        ),
        "cursor": (
            _TEXT,
            "Where the page begins: from the Link header of the page before, with the same query.",
        ),
    }
    parameters = [Parameter(name, "query", schema, text) for name, (schema, text) in described.items()]
    known = "The ETag of an answer that the reader keeps: answered by 304 while it is still right."
    return [*parameters, Parameter("If-None-Match", "header", _TEXT, known)]


def describe_sample(children: Schema | None) -> Schema:
    """As it is submitted; `children` are the samples that it may hold."""
    dates = Schema(
        type=OpenAPIType.OBJECT,
        properties={"lowerBound": _INSTANT, "upperBound": _INSTANT},
        required=["lowerBound", "upperBound"],
    )
    properties: dict[str, Schema] = {
        "type": _TYPE,
        "dateRange": dates,
        "quantityValue": Schema(type=OpenAPIType.NUMBER, description="Of a quantity."),
        "unit": Schema(
            type=OpenAPIType.STRING,
            description="UCUM code of the unit of the value; without it, the type's own.",
        ),
        "categoryValue": Schema(type=OpenAPIType.STRING, description="Of a category."),
        "device": _TEXT,
        "clientAssignedId": Schema(
            type=OpenAPIType.STRING, description="Sent again with the same content, it stores nothing new."
        ),
    }
    if children:
        properties["version"] = Schema(
            type=OpenAPIType.INTEGER,
            minimum=0,
            description="Orders the contents that are sent under one id: a higher one replaces.",
        )
        properties["correlationObjects"] = Schema(type=OpenAPIType.ARRAY, items=children)
    return Schema(type=OpenAPIType.OBJECT, properties={**properties}, required=["type", "dateRange"])


@dataclass
class ReadOperation(Operation):
    """With the parameters of a query."""

    def __post_init__(self) -> None:
        self.parameters = [*(self.parameters or []), *_list_parameters()]


FAULTS = {
    400: "Something is not valid; `errors` names it.",
    401: "No access token, or none that is valid.",
    403: "The token lacks a scope, or stands for nobody who has samples.",
}
READ_ANSWERS = {
    200: ResponseSpec(
        PageAnswer,
        generate_examples=False,
        description="A page of samples; the Link header leads to the next. As `application/x-ndjson` a sample a "
        "line, as `text/csv` a table.",
    ),
    304: ResponseSpec(None, description="What `If-None-Match` names is still right."),
    **describe_faults(FAULTS),
}
