"""The queue as a to-do list: moving an item reorders it, deleting one cancels the job."""

import heapq
from typing import override

from homeassistant.components.todo.const import TodoListEntityFeature
from homeassistant.components.todo.entity import TodoItem
from homeassistant.core import callback

from ..api import CannotConnectError, JobStatus, PrintJob
from ..api.models.records import place_in_queue
from ..api.models.tags import PIN
from ..api.rest.permissions import QUEUE_MANAGE
from ..errors import action_failure, home_assistant_error
from ..model.farm import Farm
from ..model.material_table import name_of
from ..model.wait_reason import WaitReason, wait_reason
from ..printing.queue_order import async_reorder, async_waiting_jobs, moved
from .farm_list import MOST_ITEMS, FarmList, TodoEntityDescription, described, open_item

QUEUE = TodoEntityDescription(
    key="queue",
    needs_jobs=True,
    features=(
        (TodoListEntityFeature.MOVE_TODO_ITEM, QUEUE_MANAGE),
        (TodoListEntityFeature.DELETE_TODO_ITEM, QUEUE_MANAGE),
    ),
)
_MOST_NAMED = 3


class QueueList(FarmList):
    """The waiting jobs in the order in which Printago takes them; there is nothing to check off."""

    @override
    @callback
    def _async_items(self, farm: Farm) -> list[TodoItem]:
        reasons: dict[tuple[object, ...], WaitReason] = {}
        materials: dict[str, str] = {}
        items: list[TodoItem] = []
        for job in heapq.nsmallest(MOST_ITEMS, farm.jobs_with(JobStatus.PENDING), key=place_in_queue):
            # Jobs that require the same wait for the same.
            key = (job.priority, frozenset((job.required_printer_tags or {}).items()))
            if (reason := reasons.get(key)) is None:
                reason = reasons[key] = wait_reason(farm, job)
            # All copies of a part build take the same.
            build = job.part_build_id or job.id
            if (material := materials.get(build)) is None:
                material = materials[build] = self._material(job)
            items.append(open_item(job.id, job.title, description=self._describe(farm, job, material, reason)))
        return items

    def _material(self, job: PrintJob) -> str:
        stock = self.coordinator.store_state.stock
        names = (name_of(need.choices, stock) for need in stock.needs(job))
        return ", ".join(dict.fromkeys(name for name in names if name))

    def _describe(self, farm: Farm, job: PrintJob, material: str, reason: WaitReason) -> str | None:
        order = self.coordinator.store_state.facts.orders.get(job.order_id or "")
        printer = farm.printers.get((job.required_printer_tags or {}).get(PIN, ""))
        named = [*reason.printers[:_MOST_NAMED], *(["…"] if len(reason.printers) > _MOST_NAMED else [])]
        return described(
            job.part_name if job.part_name != job.title else None,
            material,
            self._text("todo_of_order", order=order.title) if order is not None else None,
            self._text("todo_only_on", printer=printer.name) if printer is not None else None,
            self._text(f"card_why_{reason.code}", printers=", ".join(named), tags=", ".join(reason.tags)),
        )

    @override
    async def async_move_todo_item(self, uid: str, previous_uid: str | None = None) -> None:
        """Move a job behind another one, or to the front; then the queue is read again, since Printago decides."""
        coordinator = self.coordinator
        queue = await async_waiting_jobs(coordinator)
        waiting = [job.id for job in queue]
        for wanted in (uid, previous_uid):
            if wanted is not None and wanted not in waiting:
                raise self._gone(wanted)
        if uid == previous_uid:
            return
        others = [job_id for job_id in waiting if job_id != uid]
        index = 0 if previous_uid is None else others.index(previous_uid) + 1
        await async_reorder(coordinator, moved(queue, [uid], index))

    @override
    async def async_delete_todo_items(self, uids: list[str]) -> None:
        """Cancel jobs, in one request."""
        coordinator = self.coordinator
        if not coordinator.available:
            # Sentences act on a list that is unavailable; a job that waited may be printing by now.
            raise home_assistant_error(coordinator.rest_error or CannotConnectError("-"), reads=True)
        jobs = [coordinator.farm.jobs.get(uid) for uid in uids]
        for uid, job in zip(uids, jobs, strict=True):
            if job is None or job.status is not JobStatus.PENDING:
                raise self._gone(uid)
        done = await coordinator.async_call(coordinator.client.change_jobs("cancel", uids))
        if left := [job.title for job in jobs if job is not None and job.id not in done]:
            raise action_failure("jobs_not_changed", jobs=", ".join(left), done=str(len(done)))
