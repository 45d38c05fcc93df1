"""Phone numbers as they are dialled from anywhere (E.164)."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

# Where a message costs its receiver money.
_DEAR = {PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST}


def parse_phone_number(text: str) -> str | None:
    """In E.164; None for what has no international prefix, or is no number that could be called."""
    try:
        number = phonenumbers.parse(text, None)
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or phonenumbers.number_type(number) in _DEAR:
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
