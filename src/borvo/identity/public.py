"""What other features may use of the OpenID provider."""

from borvo.identity.aliases import Aliases
from borvo.identity.client_keys import ClientKeys
from borvo.identity.consent_uses import FLUSH_EVERY as USE_FLUSH
from borvo.identity.cross_origin import CrossOrigin
from borvo.identity.endpoints import build_api_router
from borvo.identity.key_schedule import ANNOUNCEMENT, KEY_REFRESH, MINIMUM_ANNOUNCEMENT, KeyState, StoredKey
from borvo.identity.keys import (
    ALGORITHMS,
    SEALED_SIGNING_KEYS,
    GenerateKey,
    KeyCabinet,
    find_witness,
    generate_key,
)
from borvo.identity.lane import ProviderLane
from borvo.identity.model import AccessToken, Caller, InstanceProfile
from borvo.identity.nonce_headers import hand_out_nonces
from borvo.identity.nonces import NonceSeries
from borvo.identity.pages import build_page_router
from borvo.identity.refresh import RefreshPolicy
from borvo.identity.request_fetching import RequestFetcher
from borvo.identity.resources import Api
from borvo.identity.restoring import end_all_grants
from borvo.identity.service.caller import Admission, admit_caller, admit_person, clean_up, verify_token
from borvo.identity.service.client_ends import (
    end_grants,
    end_grants_of_person,
    forget_client,
    forget_person,
)
from borvo.identity.service.client_limits import CLIENT_LIMITS
from borvo.identity.service.collaborators import Identity
from borvo.identity.service.ending import BACKCHANNEL_LOGOUT, BackchannelNotifier, announce_end
from borvo.identity.service.guessing import GuessLimit
from borvo.identity.service.returning import answer_return, describe_return
from borvo.identity.signatory import Signatory

__all__ = [
    "ALGORITHMS",
    "ANNOUNCEMENT",
    "BACKCHANNEL_LOGOUT",
    "CLIENT_LIMITS",
    "KEY_REFRESH",
    "MINIMUM_ANNOUNCEMENT",
    "SEALED_SIGNING_KEYS",
    "USE_FLUSH",
    "AccessToken",
    "Admission",
    "Aliases",
    "Api",
    "BackchannelNotifier",
    "Caller",
    "ClientKeys",
    "CrossOrigin",
    "GenerateKey",
    "GuessLimit",
    "Identity",
    "InstanceProfile",
    "KeyCabinet",
    "KeyState",
    "NonceSeries",
    "ProviderLane",
    "RefreshPolicy",
    "RequestFetcher",
    "Signatory",
    "StoredKey",
    "admit_caller",
    "admit_person",
    "announce_end",
    "answer_return",
    "build_api_router",
    "build_page_router",
    "clean_up",
    "describe_return",
    "end_all_grants",
    "end_grants",
    "end_grants_of_person",
    "find_witness",
    "forget_client",
    "forget_person",
    "generate_key",
    "hand_out_nonces",
    "verify_token",
]
