"""Sets of public keys that clients register or publish (RFC 7517): which keys in them verify signatures, and what is
wrong with the others. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from borvo.kernel.entropy import decode_bytes
from borvo.kernel.text import Text, gather, say
from borvo.portal.model import SigningAlgorithm

KEYS_MOST = 20
"""Keys in one set: two at a time are usual, while one follows the other."""

TEXT_MAXIMUM = 20_000
"""Characters of a set that is entered."""

_ALGORITHMS: Mapping[str, frozenset[str]] = {
    "RSA": frozenset({SigningAlgorithm.RS256.value, SigningAlgorithm.PS256.value}),
    "EC": frozenset({SigningAlgorithm.ES256.value}),
    "OKP": frozenset({SigningAlgorithm.EDDSA.value}),
}
_MEMBERS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_CURVES = {"EC": "P-256", "OKP": "Ed25519"}
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Those of a JSON Web Key that nobody but its holder may have (RFC 7518 6)."""
# NIST SP 800-131A; what is longer than the second costs more than it protects.
_RSA_BITS = range(2048, 4097)
# RFC 8017 C.1 has examples with 3 and 65537; a long exponent makes each verification slow.
_EXPONENT_BYTES = 4
_KID_MAXIMUM = 200
_SHOWN = 40


class KeyFaultError(Exception):
    """The key or the set is not usable; `words` are for the client's developer."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that verifies signatures. `kid` is empty when it has none."""

    kid: str
    algorithms: frozenset[str]
    key: Key


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of a set that verify signatures, and a line on each of the others that was meant to."""

    keys: tuple[PublicKey, ...] = ()
    faults: tuple[str, ...] = ()

    def find(self, kid: str, algorithm: str) -> Key:
        """The one key that is meant, by which everything else signed is refused. Raises `KeyFaultError`."""
        fitting = [key for key in self.keys if algorithm in key.algorithms and kid in {"", key.kid}]
        if len(fitting) == 1:
            return fitting[0].key
        if fitting:
            # OpenID Connect Core 10.1: where several keys come into question, the header names one.
            raise KeyFaultError(f"Several keys fit {algorithm}: name one by kid in the header.")
        if any(key.kid == kid for key in self.keys if kid):
            raise KeyFaultError(f"The key with the kid {kid[:_SHOWN]} is not for {algorithm}.")
        named = f" with the kid {kid[:_SHOWN]}" if kid else ""
        raise KeyFaultError(" ".join((f"There is no key for {algorithm}{named}.", *self.faults[:1])))

    def has(self, kid: str) -> bool:
        """Whether a key of that name is in it, whatever it is for."""
        return any(key.kid == kid for key in self.keys)


def parse_public_key(jwk: object) -> PublicKey | None:
    """One JSON Web Key; None for one that encrypts. Raises `KeyFaultError`. Whatever else is said in it, such as
    certificates and addresses, is not looked at."""
    if not isinstance(jwk, dict):
        raise KeyFaultError(say("A key is a JSON object."))
    kind = jwk.get("kty")
    if kind == "oct":
        raise KeyFaultError(
            say("This is a symmetric key (oct), which is a secret. Only public keys belong here.")
        )
    if PRIVATE_MEMBERS & jwk.keys():
        raise KeyFaultError(
            say(
                "This holds the private part of a key. Make a new key, since others may have seen this one, and "
                "enter its public part only."
            )
        )
    if jwk.get("use") == "enc":
        return None
    if not isinstance(kind, str) or kind not in _MEMBERS:
        raise KeyFaultError(
            say("There is no kind of key (kty) %(kind)s here; use RSA, EC or OKP.", kind=_show(kind))
        )
    kid = _read_kid(jwk)
    return PublicKey(kid, _find_algorithms(jwk, kind), _import_key(jwk, kind))


def _show(value: object) -> str:
    return str(value)[:_SHOWN]


def _join(names: list[str]) -> Text:
    """One or two, of which one is to be used."""
    return (
        say("%(first)s or %(second)s", first=names[0], second=names[1]) if len(names) > 1 else gather(names)
    )


def _read_kid(jwk: Mapping[str, Any]) -> str:
    kid = jwk.get("kid", "")
    if not isinstance(kid, str) or len(kid) > _KID_MAXIMUM:
        raise KeyFaultError(say("A kid is a text of at most %(most)s characters.", most=_KID_MAXIMUM))
    return kid


def _find_algorithms(jwk: Mapping[str, Any], kind: str) -> frozenset[str]:
    """RFC 7517 4.2 to 4.4: a key serves what it says it is for."""
    operations = jwk.get("key_ops", ["verify"])
    if jwk.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        raise KeyFaultError(say("The key is not for verifying signatures (use, key_ops)."))
    named = jwk.get("alg")
    if named is None:
        return _ALGORITHMS[kind]
    if not isinstance(named, str) or named not in _ALGORITHMS[kind]:
        raise KeyFaultError(
            say(
                "A key of the kind %(kind)s signs by %(known)s here, not by %(named)s.",
                kind=kind,
                known=_join(sorted(_ALGORITHMS[kind])),
                named=_show(named),
            )
        )
    return frozenset({named})


def _import_key(jwk: Mapping[str, Any], kind: str) -> Key:
    members = {name: jwk.get(name) for name in _MEMBERS[kind]}
    curve = _CURVES.get(kind)
    if curve and members["crv"] != curve:
        raise KeyFaultError(
            say(
                "The curve %(named)s is not known here; use %(curve)s.",
                named=_show(members["crv"]),
                curve=curve,
            )
        )
    if kind == "RSA":
        _check_rsa(members)
    try:
        key = JWKRegistry.import_key(cast("dict[str, Any]", {"kty": kind, **members}))
    except (JoseError, ValueError, TypeError, AttributeError) as fault:
        raise KeyFaultError(
            say(
                "The numbers of the key (%(names)s) are not those of a %(kind)s key.",
                names=", ".join(_MEMBERS[kind]),
                kind=kind,
            )
        ) from fault
    return key


def _check_rsa(members: Mapping[str, Any]) -> None:
    modulus, exponent = (_read_number(members[name]) for name in ("n", "e"))
    bits = int.from_bytes(modulus, "big").bit_length()
    if bits not in _RSA_BITS:
        raise KeyFaultError(
            say(
                "An RSA key has %(least)s to %(most)s bits here; this one has %(bits)s.",
                least=_RSA_BITS.start,
                most=_RSA_BITS.stop - 1,
                bits=bits,
            )
        )
    if len(exponent.lstrip(b"\0")) > _EXPONENT_BYTES:
        raise KeyFaultError(say("The exponent of the RSA key (e) is too large; 65537 is usual."))


def _read_number(text: object) -> bytes:
    data = decode_bytes(text) if isinstance(text, str) else None
    if not data:
        raise KeyFaultError(
            say("The numbers of the key (n, e) are not written in base64url without padding.")
        )
    return data


def parse_key_set(text: str) -> KeySet:
    """A JSON Web Key Set. RFC 7517 5: what is not understood does not spoil the rest, so this never raises; what is
    entered by hand had better have no faults at all."""
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return KeySet(faults=(say("This is not JSON."),))
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        return KeySet(faults=(say('This is no key set: write {"keys": [...]} around the keys.'),))
    if len(entries) > KEYS_MOST:
        return KeySet(faults=(say("A set has at most %(most)s keys.", most=KEYS_MOST),))
    keys: list[PublicKey] = []
    faults: list[str] = []
    for number, entry in enumerate(entries, 1):
        try:
            key = parse_public_key(entry)
        except KeyFaultError as fault:
            faults.append(say("Key %(number)s: %(fault)s", number=number, fault=fault.words))
        else:
            keys += [key] if key else []
    faults += _find_clashes(keys)
    if not keys and not faults:
        faults = [say("There is no key in it that verifies signatures.")]
    return KeySet(tuple(keys), tuple(faults))


def _find_clashes(keys: list[PublicKey]) -> Iterator[Text]:
    """RFC 7517 4.5: within a set keys have different names."""
    for kid, count in Counter(key.kid for key in keys).items():
        if count > 1:
            yield (
                say("%(count)s keys have the kid %(kid)s.", count=count, kid=_show(kid))
                if kid
                else say("%(count)s keys have no kid to tell them apart.", count=count)
            )


@lru_cache(256)
def recall_key_set(text: str) -> KeySet:
    """As `parse_key_set`, for sets that come with each request: they are parsed once."""
    return parse_key_set(text)


def list_key_faults(text: str) -> list[str]:
    """What is wrong with the keys that somebody enters, if any. No fault is let pass: whoever has pasted a private key
    must hear of it."""
    if len(text) > TEXT_MAXIMUM:
        return [say("Use at most %(most)s characters.", most=TEXT_MAXIMUM)]
    return list(recall_key_set(text).faults) if text else []
