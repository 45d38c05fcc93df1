"""HTTP/1.1 as uvicorn speaks it, with an end to what a stranger may send, and to how long she may take."""

from asyncio import AbstractEventLoop, TimerHandle, Transport
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_LIMIT: Final = 65_536
"""Bytes of the request line and all headers together, counted by the pieces in which they arrive."""
BODY_LIMIT: Final = 32 * 2**20
"""Bytes of a body with what may follow it: more than any address takes, which refuse in words and by themselves."""
HEAD_WITHIN: Final = 30.0
"""Seconds until they must be complete."""
BODY_WITHIN: Final = 300.0
"""Seconds until the body must be."""
TAKEN_WITHIN: Final = 120.0
"""Seconds for which a reader may take nothing of an answer that is ready for her."""
WAITING_LIMIT: Final = 100
"""Requests that may wait on one connection for the answer to an earlier one. Each takes a hundred times the memory of
its own bytes."""

_LARGE = 16_384
# RFC 6585 5
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class _Joining:
    """A transport that sends what is written in one turn of the event loop by one call to the kernel: uvicorn writes
    the head and the body of an answer apart."""

    def __init__(self, transport: Transport, loop: AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._written = bytearray()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._written:
            self._loop.call_soon(self._flush)
        self._written += data
        if len(self._written) >= _LARGE:
            # At once: only then does the transport say when the reader cannot keep up.
            self._flush()

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._written:
            data, self._written = self._written, bytearray()
            # The reader may have gone since it was written.
            if not self._transport.is_closing():
                self._transport.write(data)


class _RefusedError(Exception):
    """Stops the parser: nothing more of the connection is looked at."""


class BoundedHttp(HttpToolsProtocol):
    """Ends connections on which a request grows without end or does not come, on which requests pile up, and whose
    reader stands still; uvicorn itself would keep them all."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._awaits_head = True
        self._has_ended_one = False
        self._bytes = 0
        self._hosts = 0
        self._deadline: float | None = None
        self._patience: TimerHandle | None = None
        self._stall: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(Transport, _Joining(transport, self.loop)))
        self._begin_waiting(HEAD_WITHIN)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_waiting()
        self._end_patience()
        self._end_stall()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._has_ended_one = False
        super().data_received(data)
        if self._has_ended_one:
            # What came together with the end of another request is left out of the count.
            self._bytes = 0
            return
        self._bytes += len(data)
        if self._bytes > (HEAD_LIMIT if self._awaits_head else BODY_LIMIT):
            self._refuse()
        elif self._deadline is None and self._is_idle():
            # An empty line begins no request, and yet uvicorn counts the connection as used.
            self._begin_waiting(HEAD_WITHIN)

    def _is_idle(self) -> bool:
        return self._awaits_head and self.cycle.response_complete

    def _refuse(self) -> None:
        if self._awaits_head and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        # What is closed already may be in the middle of an answer.
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._hosts = 0
        if self._deadline is None:
            self._begin_waiting(HEAD_WITHIN)

    def on_header(self, name: bytes, value: bytes) -> None:
        # RFC 9110 6.5.1: trailers may be discarded; uvicorn would take them for headers.
        if self._awaits_head:
            super().on_header(name, value)
            self._hosts += name.lower() == b"host"

    def on_headers_complete(self) -> None:
        self._awaits_head, self._bytes = False, 0
        self._end_waiting()
        self._check_host()
        self._begin_waiting(BODY_WITHIN)
        super().on_headers_complete()
        if len(self.pipeline) > WAITING_LIMIT:
            self.transport.close()
            raise _RefusedError

    def on_message_complete(self) -> None:
        self._awaits_head = self._has_ended_one = True
        self._end_waiting()
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall = self.loop.call_later(TAKEN_WITHIN, self.transport.abort)

    def resume_writing(self) -> None:
        self._end_stall()
        super().resume_writing()

    def _check_host(self) -> None:
        # RFC 9112 3.2: a proxy in front may have gone by another one than we would.
        if self._hosts > 1 or (self._hosts == 0 and self.parser.get_http_version() == "1.1"):
            raise _RefusedError

    def _begin_waiting(self, seconds: float) -> None:
        """One timer a connection, which looks at the deadline of the moment: one a wait would be three a request, made
        and thrown away."""
        self._deadline = self.loop.time() + seconds
        if self._patience is None or self._patience.when() > self._deadline:
            self._end_patience()
            self._look_again(seconds)

    def _look_again(self, seconds: float) -> None:
        # No wait that begins later ends sooner than this.
        self._patience = self.loop.call_later(min(seconds, HEAD_WITHIN), self._look_at_deadline)

    def _look_at_deadline(self) -> None:
        self._patience = None
        if self._deadline is None:
            return
        remaining = self._deadline - self.loop.time()
        if remaining > 0:
            self._look_again(remaining)
        else:
            self.transport.close()

    def _end_waiting(self) -> None:
        self._deadline = None

    def _end_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _end_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
