"""The check whether parts and SKUs of saved prints still exist, while saved prints change."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import RequestPriority
from tests.support.common import pass_time
from tests.support.saved_prints import issue_of, part_id, save_print, sku_id
from virtual_farm import FarmConfig, VirtualFarm


@pytest.fixture
def farm_config() -> FarmConfig:
    """Return a small farm."""
    return FarmConfig(speed=0, printers=1, scenario="idle")


class Reads:
    """Replaces what the client reads of the catalog: nothing exists, unless a test says so."""

    def __init__(self, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[str, list[str]]] = []
        self.there: dict[str, Any] = {}
        self.complete = True
        self.meanwhile: Callable[[], object] = lambda: None
        self._prints = entry.runtime_data.saved_prints
        client = entry.runtime_data.coordinator.client
        monkeypatch.setattr(client, "parts", self._read("part"))
        monkeypatch.setattr(client, "skus", self._read("sku"))

    def _read(self, kind: str) -> Any:
        async def read(*, ids: list[str], priority: RequestPriority) -> Any:
            assert priority is RequestPriority.BACKGROUND
            self.asked.append((kind, ids))
            answer = SimpleNamespace(rows=dict(self.there), complete=self.complete)
            self.meanwhile()
            return answer

        return read

    async def check(self, kind: str) -> None:
        """Check once."""
        self.asked.clear()
        await self._prints._async_check(kind)


@pytest.fixture
async def reads(hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch) -> Reads:
    """Return the reads, with nothing read in the background."""
    await pass_time(hass, 31)
    return Reads(entry, monkeypatch)


async def test_issue_follows_what_exists_by_kind(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pass_time(hass, 31)
    benchy, code = part_id(farm), sku_id(farm, "DESK-SET")
    part, same = [
        await save_print(hass, entry, f"part:{benchy}", quantity=number, name=str(number)) for number in (1, 2)
    ]
    sku = await save_print(hass, entry, f"sku:{code}", quantity=1)
    reads = Reads(entry, monkeypatch)

    def issues() -> tuple[bool, ...]:
        return tuple(issue_of(hass, saved) is not None for saved in (part, same, sku))

    await reads.check("part")
    assert reads.asked == [("part", [benchy])]
    assert issues() == (True, True, False)
    await reads.check("sku")
    assert reads.asked == [("sku", [code])]
    assert issues() == (True, True, True)
    reads.there, reads.complete = {benchy: None}, False
    await reads.check("part")
    assert issues() == (True, True, True), "the list is not complete"
    reads.complete = True
    await reads.check("part")
    assert issues() == (False, False, True)
    for parts, gone in ((("x",), False), ((), True), (None, False)):
        reads.there = {code: SimpleNamespace(id=code, parts=parts)}
        await reads.check("sku")
        assert issues() == (False, False, gone), "an SKU without parts prints nothing"


async def test_nothing_is_asked_without_a_saved_print_of_the_kind(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, reads: Reads
) -> None:
    await reads.check("part")
    assert reads.asked == []


async def test_saved_print_that_changes_during_the_check_gets_no_issue_of_what_it_was(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pass_time(hass, 31)
    benchy, other = part_id(farm), part_id(farm, "Cable Clip")
    changed = await save_print(hass, entry, f"part:{benchy}", quantity=1, name="Changed")
    removed = await save_print(hass, entry, f"part:{benchy}", quantity=1, name="Removed")
    kept = await save_print(hass, entry, f"part:{benchy}", quantity=1, name="Kept")
    with monkeypatch.context() as patched:
        reads = Reads(entry, patched)

        def change() -> None:
            reads.meanwhile, reads.there = (lambda: None), {other: None}
            hass.config_entries.async_update_subentry(
                entry, entry.subentries[changed], data={"part": other, "quantity": 1}
            )
            hass.config_entries.async_remove_subentry(entry, removed)
            entry.runtime_data.saved_prints.async_follow_entry()

        reads.meanwhile = change
        await reads.check("part")
    assert issue_of(hass, changed) is None
    assert issue_of(hass, removed) is None
    assert issue_of(hass, kept) is not None


async def test_issue_ends_when_something_else_is_chosen_and_stays_after_other_changes(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pass_time(hass, 31)
    saved = await save_print(hass, entry, f"part:{part_id(farm)}", quantity=1, name="Boat")
    wanted: list[str] = []
    monkeypatch.setattr(entry.runtime_data.coordinator.slow_poller, "async_want", wanted.append)
    await Reads(entry, monkeypatch).check("part")
    assert issue_of(hass, saved) is not None
    subentry = entry.subentries[saved]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "quantity": 2})
    await hass.async_block_till_done()
    assert issue_of(hass, saved) is not None
    assert wanted == ["parts_of_saved_prints"]
    hass.config_entries.async_update_subentry(entry, subentry, data={"sku": sku_id(farm, "DESK-SET"), "quantity": 2})
    await hass.async_block_till_done()
    assert issue_of(hass, saved) is None
    assert wanted == ["parts_of_saved_prints", "skus_of_saved_prints"]
    assert "skus_of_saved_prints" in entry.runtime_data.coordinator.slow_poller.describe()


async def test_only_changes_of_the_catalog_are_a_reason_to_check(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: list[str] = []
    monkeypatch.setattr(entry.runtime_data.coordinator.slow_poller, "async_want", wanted.append)
    both = ["parts_of_saved_prints", "skus_of_saved_prints"]
    for kinds, expected in (
        ({"part"}, both),
        ({"sku"}, both[1:]),
        ({"part", "sku"}, both),
        ({"order"}, []),
        (set(), []),
    ):
        wanted.clear()
        entry.runtime_data.saved_prints._async_on_changes(SimpleNamespace(entity_types=frozenset(kinds)))
        assert wanted == expected, kinds
