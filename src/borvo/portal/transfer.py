"""A client as a file, carried from one environment to another. Secrets are never in it, nor who made the client."""

from dataclasses import dataclass
from typing import Literal

import msgspec

from borvo.accounts.public import Person
from borvo.kernel.errors import InvalidInputError
from borvo.kernel.text import say
from borvo.portal import logos, service, store
from borvo.portal.forms import Surroundings, list_values, read_details
from borvo.portal.merging import normalize
from borvo.portal.model import ClientDetails, ClientSheet, Tenancy
from borvo.portal.pictures import check_picture, read_picture
from borvo.portal.policy import check_suffix
from borvo.portal.service import Portal
from borvo.web.forms import Form

FILE_MAXIMUM = 600_000


class CarriedClient(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The file. `logo` is in base64."""

    format: Literal["borvo-client"]
    version: Literal[1]
    suffix: str
    details: ClientDetails
    logo: bytes = b""


@dataclass(frozen=True, slots=True)
class Difference:
    """What an import does to one field."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do. `details` is None when something in the file cannot be; `form` then says what."""

    tenancy: Tenancy
    carried: CarriedClient
    existing: ClientSheet | None
    form: Form
    details: ClientDetails | None
    differences: list[Difference]
    changes_logo: bool

    @property
    def client_id(self) -> str:
        return self.tenancy.build_client_id(self.carried.suffix)

    @property
    def version(self) -> int:
        """Of the client that would be changed; 0 where one would be made."""
        return self.existing.version if self.existing else 0


async def export_client(portal: Portal, person: Person, client_id: str) -> bytes:
    """The file; raises as `find_client`."""
    sheet = await service.find_sheet(portal, person, client_id)
    picture = await logos.find_logo(portal, sheet.presentation.logo) if sheet.presentation.logo else None
    carried = CarriedClient(
        "borvo-client", 1, sheet.client.suffix, sheet.details, picture.content if picture else b""
    )
    # Sets come in no order of their own; a file that changes only with the client can be compared with another.
    return msgspec.json.format(msgspec.json.encode(carried, order="sorted"), indent=2)


def parse_carried(text: str) -> CarriedClient:
    """Raises `InvalidInputError` beside `file` for what is no such file."""
    try:
        carried = msgspec.json.decode(text, type=CarriedClient) if len(text) <= FILE_MAXIMUM else None
    except (msgspec.DecodeError, UnicodeEncodeError) as fault:
        raise _refuse(say("This is no exported client: %(fault)s.", fault=str(fault)[:200])) from None
    if carried is None:
        raise _refuse(say("This is too large to be an exported client."))
    if wrong := check_suffix(carried.suffix) or (check_picture(carried.logo) if carried.logo else None):
        raise _refuse(wrong)
    return carried


def _refuse(fault: str) -> InvalidInputError:
    return InvalidInputError(fault, {"file": [fault]})


def plan_import(
    tenancy: Tenancy,
    carried: CarriedClient,
    existing: ClientSheet | None,
    around: Surroundings,
    confirmed_hosts: list[str],
) -> ImportPlan:
    """Changes nothing. What the file says is judged by the rules of the form."""
    values = list_values(carried.details)
    form = Form({**values, "confirmed_hosts": confirmed_hosts})
    present = list_values(existing.details) if existing else {}
    pairs = ((name, normalize(name, present.get(name, ())), normalize(name, values[name])) for name in values)
    picture, logo = read_picture(carried.logo), existing.presentation.logo if existing else ""
    return ImportPlan(
        tenancy=tenancy,
        carried=carried,
        existing=existing,
        form=form,
        details=read_details(form, around),
        differences=[Difference(*each) for each in pairs if each[1] != each[2]],
        changes_logo=picture is not None and picture.digest != logo,
    )


async def find_existing(portal: Portal, person: Person, client_id: str) -> ClientSheet | None:
    """The client that an import would change; None where it would make one."""
    async with portal.database.connection() as connection:
        client = await store.load_client_of(connection, person.id, client_id)
        return await service.load_sheet_of(connection, client) if client else None


async def apply_import(portal: Portal, person: Person, plan: ImportPlan, version: int) -> None:
    """`version` is the one that the person was shown. Raises as `register_client` and `change_client`, so that nothing
    happens that she has not seen."""
    if plan.details is None:
        raise InvalidInputError(say("The file cannot be imported."), plan.form.errors)
    if version == 0:
        await service.register_client(portal, person, plan.tenancy.id, plan.carried.suffix, plan.details)
    else:
        await service.change_client(portal, person, plan.client_id, plan.details, version)
    if plan.changes_logo:
        await logos.change_logo(portal, person, plan.client_id, plan.carried.logo)
