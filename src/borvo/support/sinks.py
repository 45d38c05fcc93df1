"""Where the security event log can be sent on to: a syslog server, or a collector that speaks OTLP."""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from borvo.storage.security_events.model import RecordedEvent
from borvo.storage.security_events.streaming import SentEvent, Sink, SinkError, parse_sink

_SECONDS = 20.0
# RFC 5424 6.2.1: facility 13, log audit, and severity 6, informational, or 4, warning.
_AUDIT = 13 * 8
_INFORMATIONAL, _WARNING = 6, 4
_OTLP_INFORMATIONAL, _OTLP_WARNING = 9, 13
_OK = range(200, 300)
_ALARMING = ("failed", "reported", "revoked", "removed", "replay")


def describe_event(sent: SentEvent) -> dict[str, Any]:
    """As it stands in exports and in what is sent: without what is empty."""
    named: dict[str, Any] = msgspec.to_builtins(sent.event)
    return {
        "position": sent.position,
        **{name: value for name, value in named.items() if value not in (None, "", {})},
    }


def is_alarming(event: RecordedEvent) -> bool:
    """Whether somebody should look at it, going by its kind."""
    return any(word in event.kind for word in _ALARMING)


def _render_message(sent: SentEvent, host: str) -> bytes:
    """RFC 5424 6, with the event as JSON for the message, and RFC 6587 3.4.1: its length in front."""
    severity = _WARNING if is_alarming(sent.event) else _INFORMATIONAL
    text = msgspec.json.encode(describe_event(sent)).decode()
    head = f"<{_AUDIT + severity}>1 {sent.event.at:%Y-%m-%dT%H:%M:%S.%fZ} {host} borvo - {sent.event.kind[:32]} - "
    message = (head + text).encode()
    return b"%d %s" % (len(message), message)


@dataclass(frozen=True, slots=True)
class SyslogSink:
    """RFC 5424 over TLS (RFC 5425), or over plain TCP to this machine."""

    host: str
    port: int
    is_encrypted: bool
    name: str

    async def send(self, events: Sequence[SentEvent]) -> None:
        """As `Sink` says. Syslog acknowledges nothing: what has left this machine counts as arrived."""
        context = ssl.create_default_context() if self.is_encrypted else None
        try:
            async with asyncio.timeout(_SECONDS):
                _, writer = await asyncio.open_connection(self.host, self.port, ssl=context)
                try:
                    writer.write(b"".join(_render_message(each, self.name) for each in events))
                    await writer.drain()
                finally:
                    writer.close()
                    await writer.wait_closed()
        except (OSError, TimeoutError) as fault:
            raise SinkError(f"syslog: {type(fault).__name__}") from fault


@dataclass(frozen=True, slots=True)
class OtlpSink:
    """OTLP over HTTP with JSON (OpenTelemetry protocol 1, logs)."""

    url: str
    name: str

    async def send(self, events: Sequence[SentEvent]) -> None:
        """As `Sink` says."""
        resource = {"attributes": [_write("service.name", "borvo"), _write("service.instance.id", self.name)]}
        scope = {
            "scope": {"name": "borvo.security"},
            "logRecords": [_describe_record(each) for each in events],
        }
        body = {"resourceLogs": [{"resource": resource, "scopeLogs": [scope]}]}
        try:
            async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as http:
                answer = await http.post(self.url, json=body)
        except httpx.HTTPError as fault:
            raise SinkError(f"OTLP: {type(fault).__name__}") from fault
        if answer.status_code not in _OK:
            raise SinkError(f"OTLP: status {answer.status_code}")


def _write(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


def _describe_record(sent: SentEvent) -> dict[str, Any]:
    event = describe_event(sent)
    is_serious = is_alarming(sent.event)
    return {
        "timeUnixNano": str(int(sent.event.at.timestamp() * 1_000_000) * 1_000),
        "severityNumber": _OTLP_WARNING if is_serious else _OTLP_INFORMATIONAL,
        "severityText": "WARN" if is_serious else "INFO",
        "body": {"stringValue": msgspec.json.encode(event).decode()},
        "attributes": [
            _write("event.name", f"borvo.security.{sent.event.kind}"),
            _write("borvo.position", str(sent.position)),
        ],
    }


def build_sink(url: str, issuer: str) -> Sink:
    """Raises `ValueError` as `parse_sink`."""
    at, name = parse_sink(url), urlsplit(issuer).hostname or "-"
    if at.scheme.startswith("syslog"):
        return SyslogSink(at.host, at.port, at.scheme == "syslogs", name)
    return OtlpSink(at.url, name)
