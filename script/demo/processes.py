"""Starts child processes, watches them, and ends them by their ID."""

import asyncio
from collections.abc import Mapping, Sequence
import contextlib
import os
from pathlib import Path
import signal
import socket
from typing import Self

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parents[2]

_STOP_SECONDS = 30.0


class DemoError(Exception):
    """The demo can't continue; the message gives the reason."""


def free_port() -> int:
    """Return a free TCP port."""
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
    return port


def require_free_port(port: int) -> None:
    """Raise DemoError if a port is in use."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError as err:
        raise DemoError(f"port {port} cannot be used ({err.strerror}); choose another with --port") from None


class Process:
    """A child in its own session, so that Ctrl-C only reaches us and we end the children in order.

    Its output goes to `log`.
    """

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        """Use a running process."""
        self.name = name
        self.log = log
        self._process = process

    @classmethod
    async def start(
        cls, name: str, command: Sequence[str | Path], *, log: Path, environment: Mapping[str, str] | None = None
    ) -> Self:
        """Start a command in the project's folder."""
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=ROOT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
                start_new_session=True,
            )
        return cls(name, process, log)

    @property
    def pid(self) -> int:
        """Return its process ID."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Return whether it is running."""
        return self._process.returncode is None

    def require_running(self) -> None:
        """Raise DemoError with the end of its log if it has ended."""
        if self.running:
            return
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
        raise DemoError(f"{self.name} ended by itself with status {self._process.returncode}; its last words:\n{tail}")

    async def wait(self) -> None:
        """Wait until it ends by itself."""
        await self._process.wait()

    async def stop(self) -> None:
        """Terminate it; raises DemoError if it had to be killed."""
        if not self.running:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            # Kill its whole session: a hanging child must not leave its own children behind.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
            raise DemoError(f"{self.name} did not end within {_STOP_SECONDS:.0f} s and was killed") from None
