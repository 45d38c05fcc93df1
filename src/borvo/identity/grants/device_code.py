"""The device code grant: RFC 8628 3.4 and 3.5."""

from typing import Any

from authlib.oauth2.rfc6749.errors import InvalidGrantError
from authlib.oauth2.rfc8628 import DeviceCodeGrant

from borvo.identity.device import DeviceAuthorization
from borvo.identity.engine import AUTH_METHODS
from borvo.identity.model import Grantor


class DeviceGrant(DeviceCodeGrant):
    """Reads what the person decided; redemption is an effect."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def query_device_credential(self, device_code: str) -> DeviceAuthorization:  # noqa: ARG002
        facts = self.request.facts
        device: DeviceAuthorization | None = facts.device
        # RFC 6749 5.2: a code that is unknown, another client's or redeemed already is an invalid grant.
        if device is None or device.redeemed_at is not None or device.client_id != facts.client.client_id:
            raise InvalidGrantError("The device_code is not valid.")
        return device

    def validate_device_credential(self, credential: DeviceAuthorization) -> Any:
        credential_is_expired = credential.expires_at <= self.request.facts.now
        return super().validate_device_credential(_Judged(credential, is_expired=credential_is_expired))

    def query_user_grant(self, user_code: str) -> tuple[Grantor | None, bool] | None:  # noqa: ARG002
        device: DeviceAuthorization = self.request.facts.device
        if device.decided_at is None:
            return None
        if device.login is None:
            return None, False
        return Grantor(device.login, device.consent_version, resources=device.resources), True

    def should_slow_down(self, credential: "_Judged") -> bool:
        return credential.device.is_too_fast(self.request.facts.now)


class _Judged:
    """The authorization with its age told by the exchange's clock."""

    def __init__(self, device: DeviceAuthorization, *, is_expired: bool) -> None:
        self.device = device
        self._is_expired = is_expired

    def is_expired(self) -> bool:
        return self._is_expired

    def get_user_code(self) -> str:
        return self.device.get_user_code()
