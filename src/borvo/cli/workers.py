"""The processes that answer requests: uvicorn's, told apart by nothing and replaced when they die."""

import signal
import socket

from uvicorn.config import STARTUP_FAILURE, Config
from uvicorn.supervisors import Multiprocess

from borvo.cli.failure import CommandError
from borvo.settings import Settings
from borvo.web.http_protocol import BoundedHttp

_BACKLOG = 2048
_FINISH_WITHIN = 15  # seconds for requests that are under way when the server ends
_ANSWERS_WITHIN = 30  # seconds; a worker that is silent for longer is replaced
_KEPT_ALIVE = 75  # seconds; longer than proxies keep a connection that they may use again


def _configure(settings: Settings, address: str, target: str) -> Config:
    return Config(
        target,
        factory=True,
        host=address,
        port=settings.port,
        workers=settings.workers,
        loop="borvo.web.listening:SharingLoop",
        http=BoundedHttp,
        ws="none",
        interface="asgi3",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # The platform reads them itself, and believes as many proxies as it is told.
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEPT_ALIVE,
        timeout_graceful_shutdown=_FINISH_WITHIN,
        timeout_worker_healthcheck=_ANSWERS_WITHIN,
    )


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family, backlog=_BACKLOG)
    listener.set_inheritable(True)
    return listener


class _TerminalSupervisor(Multiprocess):
    """Ends with its terminal; uvicorn takes that signal for a wish to start the workers anew."""

    def handle_hup(self) -> None:
        self.handle_term()


def run_workers(settings: Settings, address: str, target: str, *, ends_with_terminal: bool) -> None:
    """Until a signal ends them. Raises `CommandError` when a worker cannot start."""
    # `nohup` asks to stay; whoever starts with the signal ignored has been asked so.
    is_detached = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    with _listen(address, settings.port) as listener:
        supervise = _TerminalSupervisor if ends_with_terminal else Multiprocess
        supervisor = supervise(_configure(settings, address, target), [listener])
        if ends_with_terminal and is_detached:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise CommandError("a worker could not start; read the messages above")
