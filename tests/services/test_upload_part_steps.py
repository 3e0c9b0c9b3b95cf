"""Each step of an upload, with the answers that a test gives: what is closed, found, printed, and said."""

from types import SimpleNamespace
from typing import Any, cast

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

from custom_components.printago.api import AuthenticationError, CannotConnectError, OutcomeUnknownError
from custom_components.printago.api.models.product import Part
from custom_components.printago.const import DOMAIN
from custom_components.printago.errors import action_error, home_assistant_error
from custom_components.printago.services import upload_part
from custom_components.printago.services.upload_part import UPLOAD_PART_SCHEMA, async_upload_part

PATH = "uploads/Bracket.stl"
MINE = Part.from_json("mine", {"name": "Bracket", "fileUris": ["other.stl", PATH]})
OTHER = Part.from_json("other", {"name": "Bracket", "fileUris": ["other.stl"]})


class File:
    """A file that was opened."""

    name, title, kind, size = "Bracket.stl", "Bracket", "stl", 7
    failure: ServiceValidationError | None = None
    closed = 0

    async def async_close(self) -> None:
        self.closed += 1


class Store:
    """A store that answers as a test says."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.file = File()
        self.upload_error: Exception | None = None
        self.made: Part | Exception = MINE
        self.lists: list[list[Part] | Exception] = []
        self.calls: list[Any] = []
        self.known: list[Part] = []
        self.reconciled = 0
        products = SimpleNamespace(upload_target=self._target, upload=self._upload, create_part=self._create)
        self.client = SimpleNamespace(products=products, parts=self._parts)
        self.coordinator = self
        self.catalog = SimpleNamespace(async_know_part=self.known.append, async_find_material=self._material)

    async def async_call(self, calling: Any, *, reads: bool) -> Any:
        assert reads
        return await calling

    def async_reconcile(self) -> None:
        self.reconciled += 1

    async def _target(self, name: str) -> Any:
        self.calls.append(("target", name))
        return SimpleNamespace(path=PATH)

    async def _upload(self, target: Any, file: Any, size: int) -> None:
        self.calls.append(("upload", size))
        if self.upload_error is not None:
            raise self.upload_error

    async def _create(self, name: str, kind: str, path: str) -> Part:
        self.calls.append(("create", name, kind, path))
        if isinstance(self.made, Exception):
            raise self.made
        return self.made

    async def _parts(self, *, name: str) -> Any:
        self.calls.append(("list", name))
        answer = self.lists.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(rows={part.id: part for part in answer})

    async def _material(self, wanted: str) -> None:
        self.calls.append(("material", wanted))


@pytest.fixture
def store(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store(hass)

    async def opened(call: ServiceCall) -> File:
        return store.file

    monkeypatch.setattr(upload_part, "_LOOK_AFTER", (0.0, 0.0))
    monkeypatch.setattr(upload_part, "async_runtime", lambda _: store)
    monkeypatch.setattr(upload_part, "tags_of", lambda *_: {"user.tags": "a"})
    monkeypatch.setattr(upload_part, "_async_open", opened)
    return store


async def upload(hass: HomeAssistant, *, response: bool = True, **data: Any) -> Any:
    fields = UPLOAD_PART_SCHEMA({"path": "/Bracket.stl", **data})
    return await async_upload_part(ServiceCall(hass, DOMAIN, "upload_part", fields, return_response=response))


async def failure(hass: HomeAssistant, **data: Any) -> tuple[str | None, dict[str, str]]:
    with pytest.raises(HomeAssistantError) as failed:
        await upload(hass, **data)
    return failed.value.translation_key, dict(failed.value.translation_placeholders or {})


async def test_part_gets_the_name_of_the_file_or_the_given_one_and_is_known(hass: HomeAssistant, store: Store) -> None:
    expected = {"part_id": "mine", "part": "Bracket", "type": "stl", "size": 7}
    assert await upload(hass) == expected
    assert store.calls == [("target", "Bracket.stl"), ("upload", 7), ("create", "Bracket", "stl", PATH)]
    store.calls.clear()
    await upload(hass, name=" Mine ", print=False)
    assert store.calls[2] == ("create", "Mine", "stl", PATH)
    assert store.known == [MINE, MINE]
    assert store.file.closed == 2
    assert await upload(hass, response=False) is None


async def test_failed_upload_says_why_and_closes_the_file(hass: HomeAssistant, store: Store) -> None:
    store.upload_error = CannotConnectError("HTTP 403")
    assert await failure(hass) == ("upload_failed", {"name": "Bracket.stl", "error": "HTTP 403"})
    store.file.failure = action_error("file_became_shorter", path="Bracket.stl")
    key, placeholders = await failure(hass)
    assert key == "upload_failed"
    assert "shorter" in placeholders["error"]
    assert store.file.closed == 2
    assert store.known == []
    assert not [call for call in store.calls if call[0] == "create"]


async def test_refused_part_says_why_and_only_a_refused_key_is_checked(hass: HomeAssistant, store: Store) -> None:
    for error, times in ((CannotConnectError("down"), 0), (AuthenticationError("no"), 1)):
        store.made = error
        key, placeholders = await failure(hass)
        assert (key, placeholders["name"], store.reconciled) == ("part_not_made", "Bracket.stl", times)
        assert placeholders["error"]


@pytest.mark.parametrize(
    ("answers", "key"),
    [
        ([[MINE]], None),
        ([[OTHER, MINE]], None),
        ([[], [OTHER, MINE]], None),
        ([CannotConnectError("down"), [MINE]], None),
        ([[], []], "part_lost"),
        ([[OTHER], [OTHER]], "part_lost"),
        ([CannotConnectError("down"), []], "part_lost"),
        ([[], CannotConnectError("down")], "part_unchecked"),
        ([CannotConnectError("down"), CannotConnectError("down")], "part_unchecked"),
    ],
)
async def test_part_whose_response_was_lost_is_found_by_its_file(
    hass: HomeAssistant, store: Store, answers: list[Any], key: str | None
) -> None:
    store.made = OutcomeUnknownError("lost")
    store.lists = list(answers)
    if key is None:
        assert (await upload(hass))["part_id"] == "mine"
    else:
        assert await failure(hass) == (key, {"name": "Bracket.stl"})
    assert [call for call in store.calls if call[0] == "list"] == [("list", "Bracket")] * len(answers)
    assert store.lists == []
    assert store.file.closed == 1


async def test_part_has_some_time_to_appear_before_each_look(
    hass: HomeAssistant, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(upload_part, "_LOOK_AFTER", (1.0, 4.0))
    monkeypatch.setattr(upload_part, "asyncio", SimpleNamespace(sleep=sleep))
    store.made = OutcomeUnknownError("lost")
    for lists, waits in (([[], [MINE]], [1.0, 4.0]), ([[MINE]], [1.0])):
        slept.clear()
        store.lists = list(lists)
        assert (await upload(hass))["part_id"] == "mine"
        assert slept == waits


async def test_uploaded_part_is_printed_with_what_is_given(
    hass: HomeAssistant, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[Any] = []
    error: HomeAssistantError | None = None

    async def request(_: Any, data: Any, tags: Any) -> str:
        wanted.append((data, tags))
        return "request"

    async def submit(call: ServiceCall, runtime: Any, request: Any) -> dict[str, Any]:
        assert request == "request"
        if error is not None:
            raise error
        return {"confirmed": True}

    monkeypatch.setattr(upload_part, "async_print_request", request)
    monkeypatch.setattr(upload_part, "async_submit", submit)
    usual = {"part": "mine", "quantity": 1, "priority": "normal", "position": "back"}
    assert (await upload(hass, print=True))["print"] == {"confirmed": True}
    await upload(hass, print=True, quantity=3, material="PLA", label="Rush", tags="a", printer="x", wait_until="queued")
    assert wanted == [
        (usual, {"user.tags": "a"}),
        ({**usual, "quantity": 3, "material": "PLA", "label": "Rush"}, {"user.tags": "a"}),
    ]
    # An unknown material is an error before anything is uploaded.
    assert [call[0] for call in store.calls if call[0] in ("material", "target")] == ["target", "material", "target"]
    error = home_assistant_error(CannotConnectError("down"))
    key, placeholders = await failure(hass, print=True)
    assert (key, placeholders["name"], placeholders["part_id"]) == ("uploaded_not_printed", "Bracket", "mine")
    assert placeholders["error"]


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({"quantity": 1}, "quantity"),
        ({"wait_until": "queued"}, "wait_until"),
        ({"label": "a", "tags": ["b"], "printer": "c", "material": "d"}, "printer, tags, material, label"),
        ({"print": False, "label": "a"}, "label"),
    ],
)
def test_fields_of_a_print_need_a_print(data: dict[str, Any], fields: str) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        UPLOAD_PART_SCHEMA({"path": "/a.stl", **data})
    assert refused.value.translation_key == "fields_only_for_print"
    assert refused.value.translation_placeholders == {"fields": fields}
    assert cast(Any, UPLOAD_PART_SCHEMA({"path": "/a.stl", **data, "print": True}))["print"] is True
    assert cast(Any, UPLOAD_PART_SCHEMA({"path": "/a.stl", "timeout": 5}))["print"] is False
