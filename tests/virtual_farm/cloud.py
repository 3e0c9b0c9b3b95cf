"""An independent client of the cloud's API that checks every exchange against the vendor's description."""

from collections.abc import AsyncIterator
import contextlib
from datetime import datetime
from functools import cache
import json
from pathlib import Path
import re
from typing import Any

import aiohttp
import aiomqtt
from jsonschema import Draft202012Validator, FormatChecker

from virtual_farm import VirtualFarm, contract

FORMATS = FormatChecker(formats=())
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    datetime.fromisoformat(value)
    return _ISO.fullmatch(value) is not None


def _overlapping(node: Any) -> Any:
    """Read `oneOf` as `anyOf`, since the vendor's branches overlap."""
    if isinstance(node, dict):
        return {("anyOf" if key == "oneOf" else key): _overlapping(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_overlapping(item) for item in node]
    return node


@cache
def description(file: Path = contract.REST) -> dict[str, Any]:
    return _overlapping(contract.description(file))


@cache
def _validator(schema: str, file: Path) -> Draft202012Validator:
    components = description(file)["components"]
    return Draft202012Validator({**json.loads(schema), "components": components}, format_checker=FORMATS)


def check(schema: dict[str, Any], value: Any, file: Path = contract.REST) -> None:
    """Fail the test when a value does not fit a schema."""
    errors = list(_validator(json.dumps(schema, sort_keys=True), file).iter_errors(value))
    assert not errors, f"{errors[0].json_path}: {errors[0].message[:400]}"


def check_stat(stat: dict[str, Any]) -> None:
    check({"$ref": "#/components/schemas/PrinterStat"}, stat, contract.STATS)
    assert "confirmedReady" not in json.dumps(stat)


class Cloud:
    """Talks to a farm as any client would."""

    def __init__(self, farm: VirtualFarm, session: aiohttp.ClientSession, key: str | None = None) -> None:
        self.farm = farm
        self.session = session
        self.headers = {
            "authorization": f"ApiKey {key or farm.config.api_key}",
            "x-printago-storeid": farm.config.store_id,
        }
        self.last: aiohttp.ClientResponse | None = None

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: dict[str, str] | None = None,
        status: int = 0,
        **ids: str,
    ) -> Any:
        """Make a call; `path` is a template of the description, `ids` fill it. Checks the exchange; returns JSON."""
        async with self.session.request(
            method,
            self.farm.rest_url + path.format(**ids),
            json=body,
            params=params,
            headers=self.headers,
        ) as response:
            self.last = response
            text = await response.text()
            assert not status or response.status == status, f"{response.status}: {text[:300]}"
            answer = json.loads(text)
        if status == 0:
            assert response.status < 300, f"{response.status}: {text[:300]}"
        if response.status >= 400:
            assert isinstance(answer["message"], str)
            assert answer["message"]
        else:
            # Rows that were cut down to some fields cannot fit.
            seen = None if params and "fields" in params else answer
            self._check(description()["paths"][path][method.lower()], body, response.status, seen)
        return answer

    def _check(self, operation: dict[str, Any], body: Any, status: int, answer: Any) -> None:
        if "requestBody" in operation:
            check(operation["requestBody"]["content"]["application/json"]["schema"], body)
        schema = operation["responses"][str(status)]["content"]["application/json"].get("schema")
        if schema is None:
            assert answer is None
        elif answer is not None or schema == {"type": "null"}:
            check(schema, answer)

    async def control(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """Make a call of the control API."""
        async with self.session.request(method, f"{self.farm.rest_url}/virtual-farm{path}", json=body) as response:
            text = await response.text()
            assert response.status == status, text
            return json.loads(text)

    async def get(self, path: str, **params: str) -> Any:
        return await self.call("GET", path, params=params)

    async def printer(self, printer_id: str) -> dict[str, Any]:
        return await self.call("GET", "/v1/printers/{id}", id=printer_id)

    async def job(self, job_id: str) -> dict[str, Any]:
        return await self.call("GET", "/v1/print-jobs/{id}", id=job_id)

    async def build(self, **part: Any) -> str:
        """Build one part; returns the ID of its part build."""
        part.setdefault("partId", self.part("Benchy"))
        result = await self.call("POST", "/v2/builds", body={"parts": [part]})
        assert "jobs" not in json.dumps(list(result))
        return result["partBuilds"][0]["id"]

    async def jobs_of(self, part_build_id: str) -> list[dict[str, Any]]:
        return await self.get("/v1/print-jobs", **{"partBuildId.eq": part_build_id})

    async def queue(self, **part: Any) -> list[str]:
        """Build one part and let its jobs appear; returns their IDs."""
        part_build_id = await self.build(**part)
        await self.farm.advance(self.farm.config.job_delay)
        return [job["id"] for job in await self.jobs_of(part_build_id)]

    def part(self, name: str) -> str:
        return next(part["id"] for part in self.farm.world.parts.values() if part["name"] == name)

    def printer_ids(self) -> list[str]:
        return list(self.farm.world.printers)


@contextlib.asynccontextmanager
async def listening(farm: VirtualFarm) -> AsyncIterator[aiomqtt.Client]:
    """An independent MQTT client that has subscribed to everything of the store."""
    host, port = farm.realtime_url.removeprefix("ws://").split(":")
    async with aiomqtt.Client(
        host,
        int(port),
        username=farm.config.store_id,
        password=farm.config.api_key,
        identifier=f"apiclient_{farm.config.api_key[:24]}_test",
        transport="websockets",
        websocket_path="/mqtt",
        timeout=5,
    ) as client:
        await client.subscribe(f"stores/{farm.config.store_id}/#")
        yield client
