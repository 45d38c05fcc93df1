"""Reads the forms of people and says what is wrong with them."""

from borvo.accounts.model import check_email, check_name, check_password, normalize_email
from borvo.accounts.service import Registration
from borvo.web.addresses import is_local_path
from borvo.web.forms import Form

DEFAULT_RETURN = "/account"


def read_return_to(text: str | None) -> str:
    """The local path to go on to; anything that could lead elsewhere becomes the account page."""
    return text if text and is_local_path(text) else DEFAULT_RETURN


def read_registration(form: Form) -> Registration | None:
    """None when something is wrong; the form then says what, field by field."""
    email = normalize_email(form.text("email"))
    faults = {
        "given_name": check_name(form.text("given_name"), "given name"),
        "family_name": check_name(form.text("family_name"), "family name"),
        "email": check_email(email),
        "password": check_password(form.raw("password"), email),
    }
    for field, fault in faults.items():
        if fault:
            form.add_error(field, fault)
    if not form.is_valid:
        return None
    return Registration(email, form.text("given_name"), form.text("family_name"), form.raw("password"))
