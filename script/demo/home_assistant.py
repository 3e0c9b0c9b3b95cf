"""Runs a real Home Assistant as a process: its configuration, its first user, its Printago entry."""

import asyncio
from datetime import UTC, datetime
import json
from pathlib import Path
from typing import Any

import aiohttp

from .client import Client
from .farm import Farm
from .processes import HOST, ROOT, DemoError, Process

USER = "dev"
PASSWORD = "dev"  # noqa: S105 - shown to everybody, valid on 127.0.0.1 only

_PYTHON = ROOT / ".venv-ha" / "bin" / "python"
_INTEGRATION = ROOT / "custom_components" / "printago"
_START_SECONDS = 120.0

# Not default_config: it would search the network for devices and call servers outside.
_CONFIGURATION = """\
homeassistant:
  name: Virtual farm
  country: US
  unit_system: metric
  time_zone: {time_zone}
  internal_url: {url}
  allowlist_external_dirs:
    - {models}
config:
frontend:
history:
logbook:
automation: !include automations.yaml
conversation:
script: !include scripts.yaml
scene: !include scenes.yaml
logger:
  default: warning
  logs:
    custom_components.printago: {log_level}
    # They miss media programs, which a print farm has no use for.
    haffmpeg: fatal
    homeassistant.components.camera.img_util: fatal
"""


def _time_zone() -> str:
    """Return the name of the machine's time zone."""
    name = str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")[2]
    return name or "UTC"


def _write_storage(folder: Path, key: str, version: int, data: dict[str, Any], *, minor_version: int = 1) -> None:
    content = {"version": version, "minor_version": minor_version, "key": key, "data": data}
    (folder / ".storage" / key).write_text(json.dumps(content))


def _write_configuration(folder: Path, url: str, port: int, log_level: str) -> None:
    """Create a configuration folder with a link to the integration."""
    (folder / ".storage").mkdir()
    (folder / "models").mkdir()
    (folder / "custom_components").mkdir()
    (folder / "custom_components" / "printago").symlink_to(_INTEGRATION, target_is_directory=True)
    (folder / "configuration.yaml").write_text(
        _CONFIGURATION.format(url=url, time_zone=_time_zone(), log_level=log_level, models=folder / "models")
    )
    for name in ("automations", "scripts", "scenes"):
        (folder / f"{name}.yaml").write_text("[]\n" if name != "scripts" else "{}\n")
    _keep_to_loopback(folder, port)


def _keep_to_loopback(folder: Path, port: int) -> None:
    """Store settings that prevent connections outside of 127.0.0.1."""
    now = datetime.now(UTC).isoformat()
    # Settings from YAML are on trial: without a confirmation in the browser Home Assistant restarts after five minutes
    # on port 8123 of every address.
    stable = {
        "server_host": [HOST],
        "server_port": port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": False,
        "ssl_profile": "modern_v6",
        "use_x_frame_options": True,
        "created_at": now,
        "error": None,
        "error_message": None,
    }
    _write_storage(folder, "http", 3, {"stable": stable, "pending": None, "yaml_migration_done": True})
    # Only the user is missing: the other steps would add integrations that call servers outside.
    _write_storage(folder, "onboarding", 4, {"done": ["core_config", "analytics", "integration"]})
    # The interface of mDNS.
    _write_storage(folder, "core.network", 1, {"configured_adapters": ["lo"]})
    # Home Assistant loads it by default, and it would download its catalog.
    marketplace = {
        "created_at": now,
        "data": {},
        "disabled_by": "user",
        "discovery_keys": {},
        "domain": "marketplace",
        "entry_id": "01JD0000000000000000000000",
        "minor_version": 1,
        "modified_at": now,
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "system",
        "subentries": [],
        "title": "Marketplace",
        "unique_id": None,
        "version": 1,
    }
    _write_storage(folder, "core.config_entries", 1, {"entries": [marketplace]}, minor_version=5)


class HomeAssistant:
    """A running Home Assistant with one user."""

    def __init__(self, process: Process, client: Client, url: str, folder: Path) -> None:
        """Use one that has started, with its configuration folder."""
        self.process = process
        self.client = client
        self.url = url
        self.log = process.log
        self.folder = folder

    @classmethod
    async def start(
        cls, session: aiohttp.ClientSession, folder: Path, port: int, *, log_level: str = "info"
    ) -> HomeAssistant:
        """Start with a new configuration in `folder`, and sign in; raises DemoError if that fails."""
        url = f"http://{HOST}:{port}"
        configuration = folder / "config"
        configuration.mkdir()
        _write_configuration(configuration, url, port, log_level)
        # Everything is in its environment: it must not install packages while it starts.
        process = await Process.start(
            "Home Assistant",
            [_PYTHON, "-m", "homeassistant", "--config", configuration, "--skip-pip", "--log-no-color"],
            log=folder / "home-assistant.log",
        )
        try:
            async with asyncio.timeout(_START_SECONDS):
                client = await cls._sign_in(session, url, process)
                while (config := await client.rest("GET", "/config"))["state"] != "RUNNING":
                    process.require_running()
                    await asyncio.sleep(0.1)
                if config["recovery_mode"]:
                    raise DemoError(f"Home Assistant came up in recovery mode, see {process.log}")
                await client.connect()
        except TimeoutError:
            await process.stop()
            raise DemoError(f"Home Assistant was not ready within {_START_SECONDS:.0f} s, see {process.log}") from None
        except BaseException:
            await process.stop()
            raise
        return cls(process, client, url, configuration)

    @staticmethod
    async def _sign_in(session: aiohttp.ClientSession, url: str, process: Process) -> Client:
        client_id = f"{url}/"
        user = {"name": "Dev", "username": USER, "password": PASSWORD, "client_id": client_id, "language": "en"}
        while True:
            process.require_running()
            try:
                async with session.post(f"{url}/api/onboarding/users", json=user) as response:
                    if response.status == 200:
                        code = (await response.json())["auth_code"]
                        break
                    # It listens before all of its pages exist.
                    if response.status != 404:
                        raise DemoError(f"Home Assistant did not make the user: {await response.text()}")
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.1)
        grant = {"grant_type": "authorization_code", "code": code, "client_id": client_id}
        async with session.post(f"{url}/auth/token", data=grant) as response:
            response.raise_for_status()
            token = (await response.json())["access_token"]
        return Client(session, url, token)

    async def add_store(self, farm: Farm) -> str:
        """Add the Printago entry as the user interface does, and return its ID; raises DemoError for an error."""
        flow = await self.client.rest("POST", "/config/config_entries/flow", {"handler": "printago"})
        if flow["type"] != "form":
            raise DemoError(f"the config flow did not show its form: {flow}")
        result = await self.client.rest(
            "POST",
            f"/config/config_entries/flow/{flow['flow_id']}",
            {
                "store_id": farm.store_id,
                "api_key": farm.api_key,
                "server": {"api_url": farm.api_url, "realtime_url": farm.realtime_url},
            },
        )
        if result["type"] != "create_entry":
            raise DemoError(f"the config flow did not make the entry: {result.get('errors') or result.get('reason')}")
        entry_id: str = result["result"]["entry_id"]
        return entry_id

    async def entities(self) -> dict[str, str]:
        """Return the integration's entity IDs by unique ID (`<printer or store ID>_<key>`)."""
        entries = await self.client.command("config/entity_registry/list")
        return {entry["unique_id"]: entry["entity_id"] for entry in entries if entry["platform"] == "printago"}

    async def devices(self) -> dict[str, str]:
        """Return the integration's device IDs by printer or store ID."""
        entries = await self.client.command("config/device_registry/list")
        return {
            identifier: entry["id"]
            for entry in entries
            for domain, identifier in entry["identifiers"]
            if domain == "printago"
        }

    async def stop(self) -> None:
        """Sign out and stop; raises DemoError if it had to be killed."""
        await self.client.close()
        await self.process.stop()
