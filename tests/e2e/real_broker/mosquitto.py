"""Debian's mosquitto as Printago's broker: the same users and rights, and TLS with certificates of the tests."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
import base64
from collections.abc import Mapping
import contextlib
import hashlib
import os
from pathlib import Path
import re
import secrets
import shutil
import signal
import socket
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
HOST: Final = "127.0.0.1"
CLOUD: Final = "cloud"
"""The user that publishes for all stores, as Printago itself does."""

_SECONDS: Final = 15
_ATTEMPTS: Final = 5
_TLS: Final = ("mqtts", "wss")
_SCHEMES: Final = ("mqtt", "mqtts", "ws", "wss")
_HASH_ROUNDS: Final = 101


def find_mosquitto() -> str:
    """Return the broker's program; skips the test if it is missing, except in CI."""
    for candidate in ("mosquitto", "/usr/sbin/mosquitto", str(ROOT / ".cache/mosquitto/mosquitto")):
        if (program := shutil.which(candidate)) is not None:
            return program
    reason_file = ROOT / ".cache/mosquitto-missing"
    reason = reason_file.read_text().strip() if reason_file.exists() else "mosquitto is missing: run script/setup"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


class Mosquitto:
    """One broker, on a free port of 127.0.0.1 for each of mqtt, mqtts, ws and wss. Files go below `folder`.

    A store's user is its ID, the password its API key; it may read `stores/<its ID>/…` and write nothing. `log` is
    the broker's log. Retained messages do not survive its end.
    """

    def __init__(self, folder: Path, certificate: tuple[Path, Path], stores: Mapping[str, str]) -> None:
        """Prepare a broker for some stores and their keys; `certificate` are the files of its certificate and key."""
        self.certificate = certificate
        self.stores = dict(stores)
        self.readable = set(stores)
        """The stores that can read their own topics."""
        self.log: list[str] = []
        self._program = find_mosquitto()
        self._folder = folder
        self._cloud_password = secrets.token_hex()
        self._ports: dict[str, int] = {}
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._logged = asyncio.Event()

    def url(self, scheme: str) -> str:
        """Return the URL of a listener, once the broker has been started."""
        return f"{scheme}://{HOST}:{self._ports[scheme]}"

    def cloud_url(self, scheme: str = "mqtt") -> str:
        """Return the URL for publishers, including credentials."""
        return f"{scheme}://{CLOUD}:{self._cloud_password}@{HOST}:{self._ports[scheme]}"

    @property
    def version(self) -> tuple[int, ...]:
        """Version of the program, from its log."""
        numbers = re.search(r"mosquitto version ([\d.]+) running", "\n".join(self.log))
        assert numbers is not None, "never started"
        return tuple(int(number) for number in numbers[1].split("."))

    async def start(self) -> None:
        """Listen, on the same ports as before a restart."""
        first = not self._ports
        for _ in range(_ATTEMPTS):
            if first:
                # Another process may take one of them before the broker does.
                self._ports = dict(zip(_SCHEMES, _free_ports(len(_SCHEMES)), strict=True))
            if await self._try_start():
                return
        raise AssertionError("mosquitto does not start:\n" + "\n".join(self.log[-20:]))

    async def _try_start(self) -> bool:
        self._write_access()
        configuration = self._folder / "mosquitto.conf"
        configuration.write_text(self._configuration())
        began = len(self.log)
        self._process = await asyncio.create_subprocess_exec(
            self._program, "-c", str(configuration), stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
        )
        self._reader = asyncio.create_task(self._read_log(self._process))
        await self.logged(r"mosquitto version [\d.]+ running|Error: ", began)
        if any(" running" in line for line in self.log[began:]):
            return True
        await self.stop()
        return False

    async def stop(self, *, kill: bool = False) -> None:
        """Stop, cleanly or like a crash."""
        if self._process is None:
            return
        process, self._process = self._process, None
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        async with asyncio.timeout(_SECONDS):
            await process.wait()
            if self._reader is not None:
                await self._reader

    async def restart(self, *, kill: bool = False) -> None:
        """Restart with the current accounts, rights and certificate."""
        await self.stop(kill=kill)
        await self.start()

    async def reload(self) -> None:
        """Reload accounts and rights; clients stay connected."""
        self._write_access()
        began = len(self.log)
        self._signal(signal.SIGHUP)
        await self.logged("Reloading config", began)

    def freeze(self) -> None:
        """Freeze: connections stay open and get no response."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Continue."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def logged(self, pattern: str, since: int = 0, *, seconds: float = _SECONDS) -> re.Match[str]:
        """Wait for a line of the log, from number `since` on, that matches a regular expression."""
        wanted = re.compile(pattern)
        position = since
        async with asyncio.timeout(seconds):
            while True:
                for line in self.log[position:]:
                    if (found := wanted.search(line)) is not None:
                        return found
                position = len(self.log)
                self._logged.clear()
                await self._logged.wait()

    def count(self, pattern: str, since: int = 0) -> int:
        """Return how many lines of the log, from number `since` on, match a regular expression."""
        return sum(re.search(pattern, line) is not None for line in self.log[since:])

    async def _read_log(self, process: Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self.log.append(line.decode(errors="replace").rstrip())
            self._logged.set()

    def _write_access(self) -> None:
        accounts = {CLOUD: self._cloud_password, **self.stores}
        lines = [f"{user}:{_hash(password)}" for user, password in accounts.items()]
        self._write("passwords", lines)
        rights = [f"user {CLOUD}", "topic write stores/#"]
        for store in self.readable:
            rights += [f"user {store}", f"topic read stores/{store}/#"]
        self._write("rights", rights)

    def _write(self, name: str, lines: list[str]) -> None:
        file = self._folder / name
        file.write_text("\n".join(lines) + "\n")
        file.chmod(0o600)

    def _configuration(self) -> str:
        lines = [
            # The certificates are readable for the user of the tests only, so the broker must run as that user.
            "user root",
            "log_dest stderr",
            "log_type all",
            "connection_messages true",
            "allow_anonymous false",
            f"password_file {self._folder / 'passwords'}",
            f"acl_file {self._folder / 'rights'}",
        ]
        for scheme, port in self._ports.items():
            lines += [
                f"listener {port} {HOST}",
                f"protocol {'websockets' if scheme.startswith('ws') else 'mqtt'}",
                # WebSockets do not work without it; outside of a listener it would open one on every address.
                "socket_domain ipv4",
            ]
            if scheme in _TLS:
                lines += [f"certfile {self.certificate[0]}", f"keyfile {self.certificate[1]}"]
        return "\n".join(lines) + "\n"


def _hash(password: str) -> str:
    """Return a password as mosquitto_passwd would write it: PBKDF2 with SHA-512."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _HASH_ROUNDS)
    return f"$7${_HASH_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]


def login_of(store: str) -> str:
    """Return a pattern for the log lines of a store's login, with the groups `client_id` and `options`."""
    return rf"New client connected from \S+ as (?P<client_id>\S+) \((?P<options>[^)]*)u'{store}'\)"
