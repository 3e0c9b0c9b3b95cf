"""The outcome of a saved print, as its jobs appear, go on, and end."""

import asyncio
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, cast

from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.printago.api import PrintJob, RequestPriority
from custom_components.printago.printing import saved_print
from custom_components.printago.printing.saved_print import SavedPrint
from tests.support.farm_model import job, listed_jobs

BUILD = "x" * 24


def jobs(*statuses: str, total: int, error: str | None = None) -> list[PrintJob]:
    rows = {
        f"job{index}": job(status=status, quantityTotal=total, errorMessage=error if status == "failed" else None)
        for index, status in enumerate(statuses)
    }
    return [*listed_jobs(rows).rows.values()]


class Coordinator:
    """A coordinator whose jobs change, and whose answers come, when a test says so."""

    def __init__(self) -> None:
        self.listening: list[Callable[[Any], None]] = []
        self.asked: list[RequestPriority] = []
        self.tasks: list[Coroutine[Any, Any, None]] = []
        self.answer: list[PrintJob] = []
        self.farm = SimpleNamespace(jobs={}, printers={})
        self.listeners = SimpleNamespace(async_add_changes=self._add)
        self.client = SimpleNamespace(queue=SimpleNamespace(all=self._ask))
        self.config_entry = SimpleNamespace(async_create_background_task=self._task)
        self.hass: Any = None

    def _add(self, listener: Callable[[Any], None]) -> Callable[[], None]:
        self.listening.append(listener)
        return lambda: self.listening.remove(listener)

    async def _ask(self, _: Any, priority: RequestPriority) -> Any:
        self.asked.append(priority)
        return SimpleNamespace(rows={job.id: job for job in self.answer})

    def _task(self, _: Any, task: Coroutine[Any, Any, None], name: str) -> None:
        assert name
        self.tasks.append(task)

    def change(self, *changed: PrintJob) -> None:
        changes = SimpleNamespace(job_changes=[SimpleNamespace(after=after) for after in changed], jobs=True)
        for listener in list(self.listening):
            listener(changes)


def pressed(coordinator: Coordinator, saved: Any = None) -> SavedPrint:
    """Return a saved print that was pressed before a restart."""
    subentry = SimpleNamespace(subentry_id="saved", data={"part": "p" * 24, "quantity": 2})
    one = SavedPrint(cast(Any, coordinator), cast(Any, None), cast(Any, subentry))
    one.async_restore({"outcome": "queued", "error": None, "part_builds": [BUILD]} if saved is None else saved)
    for task in coordinator.tasks:
        task.close()
    return one


@pytest.mark.parametrize(
    ("statuses", "total", "outcome"),
    [
        (["pending"], 2, "queued"),
        (["pending", "pending"], 2, "queued"),
        (["assigned", "pending"], 2, "printing"),
        (["printing", "pending"], 2, "printing"),
        (["completed", "pending"], 2, "printing"),
        # The other job has not appeared yet.
        (["completed"], 2, "printing"),
        (["cancelled"], 2, "queued"),
        (["completed", "completed"], 2, "finished"),
        (["completed", "cancelled"], 2, "canceled"),
        (["cancelled", "cancelled"], 2, "canceled"),
        (["cancelled", "pending"], 2, "queued"),
        (["failed", "printing"], 2, "failed"),
        (["completed", "failed"], 2, "failed"),
    ],
)
def test_outcome_follows_all_jobs(statuses: list[str], total: int, outcome: str) -> None:
    coordinator = Coordinator()
    one = pressed(coordinator)
    seen: list[str | None] = []
    one.async_add_listener(lambda: seen.append(one.outcome))
    coordinator.change(*jobs(*statuses, total=total, error="Spaghetti"))
    assert seen == [outcome]
    assert one.error == ("Spaghetti" if "failed" in statuses else None)
    assert one.job_ids == [f"job{index}" for index in range(len(statuses))]
    assert one.export() == {"outcome": outcome, "error": one.error, "part_builds": [BUILD]}


def test_listeners_are_called_until_they_are_removed_and_nothing_is_followed_after_the_end() -> None:
    coordinator = Coordinator()
    one = pressed(coordinator)
    seen: list[int] = []
    remove = one.async_add_listener(lambda: seen.append(1))
    coordinator.change(*jobs("pending", total=1))
    remove()
    coordinator.change(*jobs("printing", total=1))
    assert seen == [1]
    assert one.outcome == "printing"
    one.async_close()
    assert coordinator.listening == []


@pytest.mark.parametrize(
    "saved",
    [
        {"outcome": "made up", "part_builds": [BUILD]},
        {"outcome": "queued", "part_builds": None},
        {"outcome": "queued"},
        {"part_builds": [BUILD]},
        {},
    ],
    ids=str,
)
def test_state_that_cannot_be_read_is_none(saved: dict[str, Any]) -> None:
    coordinator = Coordinator()
    one = pressed(coordinator, saved)
    assert (one.outcome, one.error, one.job_ids) == (None, None, [])
    assert coordinator.tasks == []


def test_state_from_before_is_kept_without_jobs_and_without_what_cannot_be_read() -> None:
    coordinator = Coordinator()
    one = pressed(coordinator, {"outcome": "refused", "error": "No file", "part_builds": [5, None]})
    assert (one.outcome, one.error) == ("refused", "No file")
    assert coordinator.tasks == []
    one.async_restore({"outcome": "queued", "error": None, "part_builds": [BUILD]})
    assert one.outcome == "refused", "a press since then wins"
    assert pressed(coordinator, {"outcome": "failed", "error": 7, "part_builds": []}).error is None


async def test_jobs_are_asked_for_once_after_a_restart_in_the_background() -> None:
    coordinator = Coordinator()
    subentry = SimpleNamespace(subentry_id="saved", data={"sku": "s" * 24})
    one = SavedPrint(cast(Any, coordinator), cast(Any, None), cast(Any, subentry))
    assert one.item == ("sku", "s" * 24)
    one.async_restore({"outcome": "queued", "part_builds": [BUILD]})
    coordinator.answer = jobs("completed", total=1)
    (task,) = coordinator.tasks
    await task
    assert coordinator.asked == [RequestPriority.BACKGROUND]
    assert one.outcome == "finished"


class Submissions:
    """What Printago does with each press: the error of a refusal, or the part build of a print."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *results: HomeAssistantError | str) -> None:
        self._results = iter(results)
        monkeypatch.setattr(saved_print, "async_print_request", self._request)
        monkeypatch.setattr(saved_print, "Submitter", lambda *_: SimpleNamespace(async_submit=self._submit))

    async def _request(self, *_: Any) -> str:
        return "request"

    async def _submit(self, _: Any, tracker: Any) -> None:
        tracker.async_start()
        result = next(self._results)
        if isinstance(result, HomeAssistantError):
            raise result
        tracker.async_track([result])


class PressedCoordinator(Coordinator):
    """One whose saved prints can be pressed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *results: HomeAssistantError | str) -> None:
        super().__init__()
        self.hass = SimpleNamespace(async_create_task=lambda task, _: asyncio.create_task(task))
        self.submissions = Submissions(monkeypatch, *results)

    async def async_call(self, calling: Any, *, reads: bool) -> Any:
        assert reads
        return await calling


async def test_press_replaces_what_was_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    coordinator = PressedCoordinator(monkeypatch, "y" * 24)
    one = pressed(coordinator)
    coordinator.change(*jobs("failed", total=1, error="Spaghetti"))
    seen: list[str | None] = []
    one.async_add_listener(lambda: seen.append(one.outcome))
    await one.async_print()
    assert (one.outcome, one.error, one.job_ids, seen) == ("queued", None, [], ["queued"])
    assert one.export()["part_builds"] == ["y" * 24]
    coordinator.change(*jobs("printing", total=1))
    assert seen == ["queued"], "a job of the press before"
    assert len(coordinator.listening) == 1


@pytest.mark.parametrize(
    ("key", "outcome", "missing"),
    [
        ("submission_lost", "unclear", 0),
        ("submission_unclear", "unclear", 0),
        ("submission_unchecked", "unclear", 0),
        ("outcome_unknown", "unclear", 0),
        ("cannot_connect", "refused", 0),
        ("part_unknown", "refused", 1),
        ("part_not_found", "refused", 1),
        ("sku_unknown", "refused", 1),
        ("sku_not_found", "refused", 1),
        ("sku_without_parts", "refused", 1),
        ("part_ambiguous", "refused", 0),
    ],
)
async def test_failed_press_shows_its_reason_and_follows_nothing(
    monkeypatch: pytest.MonkeyPatch, key: str, outcome: str, missing: int
) -> None:
    async def message(_: Any, err: HomeAssistantError) -> str:
        return f"because of {err.translation_key}"

    monkeypatch.setattr(saved_print, "async_message", message)
    coordinator = PressedCoordinator(monkeypatch, HomeAssistantError(translation_domain="x", translation_key=key))
    one = pressed(coordinator, {})
    reported: list[int] = []
    one.on_missing = lambda: reported.append(1)
    with pytest.raises(HomeAssistantError):
        await one.async_print()
    assert (one.outcome, one.error, len(reported)) == (outcome, f"because of {key}", missing)
    assert coordinator.listening == []
    assert one.export()["part_builds"] == []


async def test_press_goes_on_when_its_caller_is_canceled(monkeypatch: pytest.MonkeyPatch) -> None:
    coordinator = PressedCoordinator(monkeypatch, "y" * 24)
    one = pressed(coordinator, {})
    press = asyncio.create_task(one.async_print())
    await asyncio.sleep(0)
    press.cancel()
    for _ in range(9):
        await asyncio.sleep(0)
    assert press.cancelled()
    assert one.outcome == "queued"
