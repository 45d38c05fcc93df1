"""A mail server for tests: it speaks enough of SMTP to take a mail, and refuses what it is told to refuse."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class MailServer:
    """`answers` maps the beginning of a command to the answer that replaces the usual one."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            self.commands.append(line)
            writer.write(f"{self._answer(line)}\r\n".encode())
            if line == "DATA":
                await self._take(reader, writer)
            if line == "QUIT":
                break
        writer.close()

    def _answer(self, line: str) -> str:
        for beginning, answer in self.answers.items():
            if line.startswith(beginning):
                return answer
        return {"EHLO": "250 test", "DATA": "354 go on", "QUIT": "221 bye"}.get(
            line.partition(" ")[0], "250 ok"
        )

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines: list[str] = []
        while (line := (await reader.readline()).decode().rstrip("\r\n")) != ".":
            lines.append(line)
        self.mails.append("\n".join([*lines, ""]))
        writer.write(f"{self.answers.get('.', '250 taken')}\r\n".encode())


@asynccontextmanager
async def run_mail_server(**answers: str) -> AsyncIterator[MailServer]:
    """On a free port of this machine. A keyword is the beginning of a command; `end` is the end of the text."""
    mail_server = MailServer(answers={"." if key == "end" else key: value for key, value in answers.items()})
    server = await asyncio.start_server(mail_server.serve, "127.0.0.1", 0)
    mail_server.port = server.sockets[0].getsockname()[1]
    try:
        yield mail_server
    finally:
        server.close()
        await server.wait_closed()
