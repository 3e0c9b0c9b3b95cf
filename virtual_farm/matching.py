"""Which printer can take a job: tags, material, readiness."""

from dataclasses import dataclass
from typing import Literal

from .entities import Document, PrintJob
from .ids import derived_id
from .printer import Printer
from .tags import tag_values
from .world import World

type CheckCode = Literal[
    "enabled",
    "online",
    "available",
    "ready",
    "profiles-configured",
    "subscription-slots",
    "slots-loaded",
    "tags-match",
    "material-match",
    "filament-profiles",
    "in-maintenance",
]

ACTIVE = frozenset(
    {
        "assigned",
        "slicing",
        "sliced",
        "finalizing",
        "waiting-for-approval",
        "ready-for-printer",
        "sending-to-printer",
        "printing",
        "paused",
    }
)
"""States in which a job occupies a printer and a production slot."""

UNSENT = frozenset({"pending"}) | ACTIVE - {"sending-to-printer", "printing", "paused"}
"""States of a job without a printer."""

FINAL = frozenset({"completed", "failed", "cancelled"})

_STATIC: frozenset[CheckCode] = frozenset(
    {"profiles-configured", "slots-loaded", "tags-match", "material-match", "filament-profiles"}
)


@dataclass(frozen=True, slots=True)
class Check:
    """One reason for or against a printer."""

    code: CheckCode
    passed: bool
    label: str
    explanation: str

    def wire(self) -> Document:
        """Return it as REST does."""
        return {"code": self.code, "passed": self.passed, "label": self.label, "explanation": self.explanation}


class Matcher:
    """Finds printers that match jobs.

    `slots` are cached per instance, so create a new one for each query.
    """

    def __init__(self, world: World) -> None:
        """Use the current world."""
        self._world = world
        self._slots: dict[str, list[Document]] = {}
        for slot in world.slots.values():
            if slot["materialId"] or slot["materialType"]:
                self._slots.setdefault(slot["printerId"], []).append(slot)

    def loaded(self, printer: Printer) -> list[Document]:
        """Return the slots of a printer with an assigned material."""
        return self._slots.get(printer.id, [])

    def free_production_slots(self) -> int | None:
        """Return how many more jobs the subscription allows; None is no limit."""
        total = self._world.subscription["concurrencySlots"]
        if total is None:
            return None
        return max(0, int(total) - sum(job.status in ACTIVE for job in self._world.jobs.values()))

    def tags_match(self, job: PrintJob, printer: Printer) -> bool:
        """All tags of the job must be tags of the printer. A value can contain several."""
        for key, value in job.required_printer_tags.items():
            if not tag_values(str(value)) <= self._tag_values(printer, key):
                return False
        return True

    def _tag_values(self, printer: Printer, key: str) -> set[str]:
        match key:
            case "printer.id":
                return {printer.id}
            case "printer.provider":
                return {printer.provider}
            case "printer.nozzleDiameter":
                return {printer.nozzle_diameter}
            case "printer.modelName":
                return {printer.model.product_name, printer.model.model_name}
            case "filament.type":
                return {slot["materialType"] for slot in self.loaded(printer)}
            case "user.tags":
                return set(printer.tags)
            case _:
                return set()

    def wanted_materials(self, job: PrintJob) -> Document:
        """Return filament index → alternatives: the job's own choice, or the part's."""
        if job.material_assignments:
            return job.material_assignments
        return self._world.part_materials.get(job.part_id or "", {})

    def material_mapping(self, job: PrintJob, printer: Printer) -> list[Document] | None:
        """Return the slot for each filament of a job, or None if one has no slot."""
        loaded = self.loaded(printer)
        if not loaded:
            return None
        wanted = self.wanted_materials(job)
        if not wanted:
            return [self._mapping(loaded[0])]
        mapping = []
        for index in sorted(wanted, key=int):
            # Alternatives are in order of preference.
            for choice in wanted[index]:
                slot = next((slot for slot in loaded if self._satisfies(slot, choice)), None)
                if slot is not None:
                    mapping.append(self._mapping(slot))
                    break
            else:
                return None
        return mapping

    def _satisfies(self, slot: Document, choice: Document) -> bool:
        if "variantId" in choice:
            return bool(slot["variantId"] == choice["variantId"])
        if "materialId" in choice:
            return bool(slot["materialId"] == choice["materialId"])
        if "materialType" in choice:
            return bool(slot["materialType"] == choice["materialType"])
        members = (
            member for member in self._world.group_members.values() if member["materialGroupId"] == choice["groupId"]
        )
        return any(
            member["variantId"] == slot["variantId"]
            if member["variantId"]
            else member["materialId"] == slot["materialId"]
            for member in members
        )

    def _mapping(self, slot: Document) -> Document:
        result: Document = {
            "slot": slot["slot"],
            "amsIndex": slot["amsIndex"],
            "slotIndex": slot["slotIndex"],
            "materialType": slot["materialType"],
            "filamentUserProfileId": slot["filamentUserProfileId"],
            "filamentSystemProfileId": slot["filamentSystemProfileId"],
        }
        if slot["materialId"]:
            result["materialId"] = slot["materialId"]
            result["name"] = self._world.materials[slot["materialId"]]["name"]
        if slot["variantId"]:
            variant = self._world.variants[slot["variantId"]]
            result |= {"variantId": slot["variantId"], "name": variant["name"], "color": variant["color"]}
        return result

    def checks(self, job: PrintJob, printer: Printer) -> list[Check]:
        """Return every check of a job against a printer, in the cloud's order."""
        own = job.assigned_printer_id == printer.id and job.status in ACTIVE
        slots_left = self.free_production_slots()
        tags = ", ".join(f"{key} = {value}" for key, value in job.required_printer_tags.items())
        loaded = bool(self.loaded(printer))
        material = self.material_mapping(job, printer) is not None
        return [
            _check("enabled", "Enabled", "Automatic assignment is off.", passed=printer.enabled),
            _check("online", "Online", "The printer is offline.", passed=printer.is_online),
            _check(
                "available",
                "Available",
                "The printer is busy.",
                passed=own or (printer.is_available and printer.reserved_by is None),
            ),
            _check(
                "ready",
                "Ready",
                "Nobody has confirmed that the bed is clear.",
                passed=own or printer.confirmed_ready or printer.continuous_print,
            ),
            _check(
                "profiles-configured",
                "Profiles configured",
                "The printer lacks a machine or process profile.",
                passed=printer.machine_system_profile_id is not None and printer.process_system_profile_id is not None,
            ),
            _check(
                "subscription-slots",
                "Production slots",
                "All production slots of the subscription are in use.",
                passed=own or slots_left is None or slots_left > 0,
            ),
            _check("slots-loaded", "Slots loaded", "No material is assigned to any slot.", passed=loaded),
            _check(
                "tags-match",
                "Tags match",
                f"The printer does not have all the tags that the job needs ({tags}).",
                passed=self.tags_match(job, printer),
            ),
            _check("material-match", "Material match", "No slot has the material that the job needs.", passed=material),
            _check(
                "filament-profiles",
                "Filament profiles",
                "A slot lacks its filament profile.",
                passed=all(slot["filamentSystemProfileId"] is not None for slot in self.loaded(printer)),
            ),
            _check(
                "in-maintenance",
                "Not in maintenance",
                "The printer is in maintenance mode.",
                passed=not printer.is_in_maintenance,
            ),
        ]

    def troubleshoot(self, job: PrintJob) -> Document:
        """Return why a job is waiting, for each printer (schema `PrintJobMatchingTroubleshoot`)."""
        return {
            "printJobId": job.id,
            "printers": [self._status(job, printer) for printer in self._world.printers.values()],
        }

    def details(self, job: PrintJob) -> Document:
        """Return how a job matches each printer, regardless of its state (schema `PrintJobMatchingDetail`)."""
        return {
            "printJobId": job.id,
            "details": {printer.id: self._detail(job, printer) for printer in self._world.printers.values()},
            "id": derived_id(job.id),
            "storeId": job.store_id,
            "createdAt": job.created_at,
            "updatedAt": job.updated_at,
        }

    def _detail(self, job: PrintJob, printer: Printer) -> Document:
        slots = [dict(slot) for slot in self.loaded(printer)]
        failed = next(
            (check for check in self.checks(job, printer) if not check.passed and check.code in _STATIC), None
        )
        data: Document = {"slots": slots}
        match failed and failed.code:
            case None:
                code = "matched"
            case "tags-match":
                code = "tag-mismatch"
                has = {key: sorted(self._tag_values(printer, key)) for key in job.required_printer_tags}
                data = {"required": job.required_printer_tags, "printer": has}
            case "slots-loaded":
                code = "no-slots"
                data["config"] = printer.provider_config or {}
            case "material-match":
                code = "material-mismatch"
                data["jobMaterialAssignments"] = job.material_assignments
                data["partMaterialAssignments"] = data["computedAssignments"] = None
            case _:
                code = "missing-profile"
        reason = failed.explanation if failed is not None else "The printer fits"
        return {"matched": failed is None, "data": data, "reason": reason, "reasonCode": code}

    def _status(self, job: PrintJob, printer: Printer) -> Document:
        checks = self.checks(job, printer)
        failed = [check for check in checks if not check.passed]
        status: Document = {
            "printerId": printer.id,
            "printerName": printer.name,
            "matched": not failed,
            "compatible": not any(check.code in _STATIC for check in failed),
            "checks": [check.wire() for check in checks],
        }
        if failed:
            status["firstFailedCheck"] = failed[0].code
        return status


def _check(code: CheckCode, label: str, explanation: str, *, passed: bool) -> Check:
    return Check(code, passed, label, "" if passed else explanation)
