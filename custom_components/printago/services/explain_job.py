"""The action that explains for each printer why jobs wait."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..api import JobStatus, PrintJob
from ..api.models.match import FailedCheck
from ..api.models.tags import PIN, split_tags
from ..coordinator import PrintagoCoordinator
from ..errors import action_error
from ..hub.localize import async_words, format_status, format_string
from ..printing.action_fields import whole_number
from ..printing.queue_order import async_waiting_jobs
from ..printing.request import PRIORITIES
from .helpers import ATTR_LIMIT, async_coordinator
from .job_selection import ATTR_JOB_ID, JOB_IDS, async_jobs_by_id, job_summary, printer_name

_MOST_EXPLAINED = 20
"""Each takes one of the 60 requests a minute."""
_MOST_NAMED = 3

EXPLAIN_JOB_SCHEMA = vol.Schema(
    {
        vol.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        vol.Optional(ATTR_JOB_ID): JOB_IDS,
        vol.Optional(ATTR_LIMIT, default=10): vol.All(whole_number, vol.Range(min=1, max=_MOST_EXPLAINED)),
    }
)


@dataclass(frozen=True, slots=True)
class PrinterVerdict:
    """Whether a printer can take a job now or later, and the obstacles."""

    printer_id: str
    name: str
    matched: bool
    compatible: bool
    reasons: tuple[str, ...]

    @property
    def rank(self) -> tuple[bool, bool, int, str]:
        """Return the sort key: the most likely printer first."""
        return (not self.matched, not self.compatible, len(self.reasons), self.name)

    def as_response(self) -> dict[str, Any]:
        """Return it in the response of the action."""
        return {
            "printer": self.name,
            "printer_id": self.printer_id,
            "matched": self.matched,
            "compatible": self.compatible,
            "reasons": list(self.reasons),
        }


async def async_explain_job(call: ServiceCall) -> ServiceResponse:
    """Explain why the given jobs wait, or the next ones; copies of one build are explained together."""
    coordinator = async_coordinator(call)
    if ATTR_JOB_ID in call.data:
        jobs = await _async_named(coordinator, call.data[ATTR_JOB_ID])
    else:
        jobs = await async_waiting_jobs(coordinator)
    explanations, left = await async_explain(coordinator, jobs, call.data[ATTR_LIMIT])
    return {"jobs": [*explanations], "not_explained": left}


async def async_explain(
    coordinator: PrintagoCoordinator, jobs: Iterable[PrintJob], most: int
) -> tuple[list[dict[str, Any]], int]:
    """Return why jobs wait, with at most ``most`` requests, and how many are left without an explanation.

    Raises HomeAssistantError if Printago can't be asked at all.
    """
    words = await async_words(coordinator.hass)
    groups: dict[tuple[Any, ...], list[PrintJob]] = {}
    for job in jobs:
        groups.setdefault(_likeness(job), []).append(job)
    explanations: list[dict[str, Any]] = []
    asked = left = 0
    for group in groups.values():
        verdicts: list[PrinterVerdict] = []
        if group[0].status is JobStatus.PENDING:
            if asked == most:
                left += len(group)
                continue
            asked += 1
            try:
                verdicts = await _async_verdicts(coordinator, group[0], words)
            except HomeAssistantError as err:
                if err.translation_key != "rate_limited" or not explanations:
                    raise
                most, left = asked, left + len(group)
                continue
        explanations.append(
            {
                **job_summary(coordinator, group[0]),
                "job_ids": [job.id for job in group],
                "explanation": _explanation(coordinator, group[0], verdicts, words),
                "printers": [verdict.as_response() for verdict in verdicts],
            }
        )
    return explanations, left


def _likeness(job: PrintJob) -> tuple[Any, ...]:
    """Return the key that jobs with the same reasons share."""
    tags = frozenset((kind, frozenset(split_tags(value))) for kind, value in (job.required_printer_tags or {}).items())
    return (job.part_build_id or job.id, job.status, job.assigned_printer_id, job.priority, tags)


async def _async_named(coordinator: PrintagoCoordinator, job_ids: list[str]) -> list[PrintJob]:
    known = coordinator.farm.jobs
    unknown = [job_id for job_id in dict.fromkeys(job_ids) if job_id not in known]
    found = (await async_jobs_by_id(coordinator, unknown)).rows if unknown else {}
    if missing := [job_id for job_id in unknown if job_id not in found]:
        raise action_error("jobs_not_found", jobs=", ".join(missing[:_MOST_NAMED]))
    return [known.get(job_id) or found[job_id] for job_id in dict.fromkeys(job_ids)]


async def _async_verdicts(
    coordinator: PrintagoCoordinator, job: PrintJob, words: Mapping[str, str]
) -> list[PrinterVerdict]:
    matches = await coordinator.async_call(coordinator.client.queue.matching(job.id), reads=True)
    verdicts = [
        PrinterVerdict(
            printer_id=match.printer_id,
            name=printer_name(coordinator, match.printer_id) or match.printer_id,
            matched=match.matched,
            compatible=match.compatible,
            reasons=tuple(_reason(coordinator, job, match.printer_id, check, words) for check in match.failed),
        )
        for match in matches
    ]
    return sorted(verdicts, key=lambda verdict: verdict.rank)


def _reason(
    coordinator: PrintagoCoordinator, job: PrintJob, printer_id: str, check: FailedCheck, words: Mapping[str, str]
) -> str:
    tags = job.required_printer_tags or {}
    if check.code == "tags-match" and tags.get(PIN, printer_id) != printer_id:
        return format_string(words, "match_pinned", printer=printer_name(coordinator, tags[PIN]) or "")
    if check.code == "tags-match":
        wanted = ", ".join(tag for kind, value in tags.items() if kind != PIN for tag in split_tags(value))
        return format_string(words, "match_tags_match", tags=wanted)
    # For a check that is newer than this integration: Printago's own text.
    return format_string(words, f"match_{check.code}".replace("-", "_")) or check.explanation


def _explanation(
    coordinator: PrintagoCoordinator, job: PrintJob, verdicts: list[PrinterVerdict], words: Mapping[str, str]
) -> str:
    if job.status is not JobStatus.PENDING:
        printer = printer_name(coordinator, job.assigned_printer_id) or "-"
        return format_string(words, "explain_not_waiting", status=format_status(words, job.status), printer=printer)
    if job.priority == PRIORITIES["low"] and coordinator.farm.process_low_priority_jobs is False:
        return format_string(words, "explain_low_priority")
    if not verdicts:
        return format_string(words, "explain_no_reason")
    if matched := [verdict for verdict in verdicts if verdict.matched]:
        return format_string(words, "explain_soon", printers=_named([verdict.name for verdict in matched]))
    compatible = [verdict for verdict in verdicts if verdict.compatible]
    described = [f"{verdict.name} ({'; '.join(verdict.reasons)})" for verdict in compatible or verdicts]
    return format_string(words, "explain_waits" if compatible else "explain_none_fits", printers=_named(described))


def _named(names: list[str]) -> str:
    return ", ".join([*names[:_MOST_NAMED], f"… (+{len(names) - _MOST_NAMED})"] if len(names) > _MOST_NAMED else names)
