"""The actions of the integration."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
import voluptuous as vol

from ..const import DOMAIN
from ..printing.action_fields import checked
from .assign_material import ASSIGN_MATERIAL_SCHEMA, async_assign_material
from .change_jobs import CHANGE_JOBS_SCHEMA, JOB_CHANGES, UPDATE_JOBS_SCHEMA, async_change_jobs, async_update_jobs
from .close_orders import CLOSE_ORDERS_SCHEMA, async_close_orders_named
from .create_sku import CREATE_SKU_SCHEMA, async_create_sku
from .emergency_stop import EMERGENCY_STOP_SCHEMA, async_emergency_stop
from .explain_job import EXPLAIN_JOB_SCHEMA, async_explain_job
from .get_history import GET_HISTORY_SCHEMA, async_get_history
from .get_materials import GET_MATERIALS_SCHEMA, async_get_materials
from .get_statistics import GET_STATISTICS_SCHEMA, async_get_statistics
from .mark_maintenance_done import MARK_MAINTENANCE_DONE_SCHEMA, async_mark_maintenance_done
from .print_again import PRINT_AGAIN_SCHEMA, async_print_again
from .print_orders import PRINT_ORDERS_SCHEMA, async_print_orders
from .printers import CONFIRM_BEDS_SCHEMA, SET_FABMATIC_SCHEMA, async_confirm_beds, async_set_fabmatic
from .queries import (
    GET_ITEMS_SCHEMA,
    GET_JOBS_SCHEMA,
    GET_ORDERS_SCHEMA,
    async_get_jobs,
    async_get_orders,
    async_get_parts,
    async_get_skus,
)
from .reorder_jobs import REORDER_JOBS_SCHEMA, async_reorder_jobs
from .send_command import SEND_COMMAND_SCHEMA, async_send_command
from .skip_objects import SKIP_OBJECTS_SCHEMA, async_skip_objects
from .submit_print_job import SUBMIT_PRINT_JOB_SCHEMA, async_submit_print_job
from .upload_part import UPLOAD_PART_SCHEMA, async_upload_part


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its name, its fields and its handler."""

    name: str
    schema: vol.Schema | vol.All
    call: Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]]
    response: SupportsResponse = SupportsResponse.OPTIONAL


ACTIONS = (
    Action("assign_material", ASSIGN_MATERIAL_SCHEMA, async_assign_material),
    Action("confirm_beds", CONFIRM_BEDS_SCHEMA, async_confirm_beds),
    Action("close_orders", CLOSE_ORDERS_SCHEMA, async_close_orders_named),
    Action("create_sku", CREATE_SKU_SCHEMA, async_create_sku),
    Action("emergency_stop", EMERGENCY_STOP_SCHEMA, async_emergency_stop),
    Action("explain_job", EXPLAIN_JOB_SCHEMA, async_explain_job, SupportsResponse.ONLY),
    Action("get_history", GET_HISTORY_SCHEMA, async_get_history, SupportsResponse.ONLY),
    Action("get_jobs", GET_JOBS_SCHEMA, async_get_jobs, SupportsResponse.ONLY),
    Action("get_materials", GET_MATERIALS_SCHEMA, async_get_materials, SupportsResponse.ONLY),
    Action("get_orders", GET_ORDERS_SCHEMA, async_get_orders, SupportsResponse.ONLY),
    Action("get_parts", GET_ITEMS_SCHEMA, async_get_parts, SupportsResponse.ONLY),
    Action("get_skus", GET_ITEMS_SCHEMA, async_get_skus, SupportsResponse.ONLY),
    Action("get_statistics", GET_STATISTICS_SCHEMA, async_get_statistics, SupportsResponse.ONLY),
    Action("mark_maintenance_done", MARK_MAINTENANCE_DONE_SCHEMA, async_mark_maintenance_done),
    *(Action(name, CHANGE_JOBS_SCHEMA, partial(async_change_jobs, change)) for name, change in JOB_CHANGES.items()),
    Action("reorder_jobs", REORDER_JOBS_SCHEMA, async_reorder_jobs),
    Action("send_command", SEND_COMMAND_SCHEMA, async_send_command),
    Action("set_fabmatic", SET_FABMATIC_SCHEMA, async_set_fabmatic),
    Action("skip_objects", SKIP_OBJECTS_SCHEMA, async_skip_objects),
    Action("print_again", PRINT_AGAIN_SCHEMA, async_print_again),
    Action("print_orders", PRINT_ORDERS_SCHEMA, async_print_orders),
    Action("submit_print_job", SUBMIT_PRINT_JOB_SCHEMA, async_submit_print_job),
    Action("update_jobs", UPDATE_JOBS_SCHEMA, async_update_jobs),
    Action("upload_part", UPLOAD_PART_SCHEMA, async_upload_part),
)


@callback
def async_setup_actions(hass: HomeAssistant) -> None:
    """Register all actions; they exist whether or not a store is loaded."""
    for action in ACTIONS:
        hass.services.async_register(
            DOMAIN,
            action.name,
            action.call,
            schema=vol.Schema(partial(checked, action.schema)),
            supports_response=action.response,
        )
