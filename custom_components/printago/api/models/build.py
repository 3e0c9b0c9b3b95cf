"""Builds: the request to queue prints, and Printago's response (the vendor's ``BuildConfigV2`` and related schemas)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import re
from typing import Any, Self

from .job_material import Assignments, MaterialChoice

_OPTION_ID = re.compile(r"[a-z0-9]{24}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildConfig:
    """How to print a part or an SKU."""

    quantity: int
    priority: int
    position: str
    tags: Mapping[str, str] = field(default_factory=dict)
    label: str | None = None
    parameters: Mapping[str, Any] | None = None
    plates: Mapping[str, int] | None = None
    material: MaterialChoice | None = None
    materials: Assignments | None = None
    """Of several filaments, in place of ``material``."""
    options: Mapping[str, str] | None = None
    """Values of an SKU's options, by ID or name."""

    @property
    def details(self) -> dict[str, Any]:
        """Return the options of parts; those of an SKU belong to its parts."""
        details: dict[str, Any] = {}
        if self.label is not None:
            details["label"] = self.label
        if self.parameters:
            details["parameters"] = self.parameters
        if self.plates:
            details["plateQuantities"] = self.plates
        if self.material is not None:
            details["materials"] = {"0": [self.material.as_json()]}
        elif self.materials:
            details["materials"] = {
                str(index): [choice.as_json() for choice in choices] for index, choices in self.materials.items()
            }
        return details

    @property
    def _common(self) -> dict[str, Any]:
        common: dict[str, Any] = {"quantity": self.quantity, "priority": self.priority, "position": self.position}
        if self.tags:
            common["tags"] = self.tags
        return common

    def of_part(self, part_id: str) -> dict[str, Any]:
        """Return the build of a part."""
        return {"parts": [{"partId": part_id, **self._common, **self.details}]}

    def of_sku(self, sku_id: str, part_ids: Iterable[str]) -> dict[str, Any]:
        """Return the build of an SKU with these parts."""
        common = self._common
        if details := self.details:
            # "partId -> config" in the vendor's schema.
            common["linkedPartConfigs"] = dict.fromkeys(part_ids, details)
        if self.options:
            common["options"] = [
                {"id" if _OPTION_ID.fullmatch(option) else "name": option, "value": value}
                for option, value in self.options.items()
            ]
        return {"skus": [{"skuId": sku_id, **common}]}


@dataclass(frozen=True, slots=True)
class PartBuild:
    """One part in the response to a build."""

    id: str
    part_id: str | None
    part_name: str | None
    quantity: int | None

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """Read one; ``id`` is required."""
        copy = source.get("partCopy")
        return cls(
            id=source["id"],
            part_id=source.get("partId"),
            part_name=copy.get("name") if isinstance(copy, Mapping) else None,
            quantity=source.get("quantity"),
        )


@dataclass(frozen=True, slots=True)
class SkuBuild:
    """One SKU in the response to a build."""

    id: object
    sku_id: object


@dataclass(frozen=True, slots=True)
class CreatedBuild:
    """The response to a build."""

    part_builds: tuple[PartBuild, ...]
    sku_builds: tuple[SkuBuild, ...]

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """Read one; ``partBuilds`` is required."""
        sku_builds = source.get("skuBuilds")
        return cls(
            part_builds=tuple(map(PartBuild.from_json, source["partBuilds"])),
            sku_builds=tuple(SkuBuild(build.get("id"), build.get("skuId")) for build in objects_in(sku_builds)),
        )


@dataclass(frozen=True, slots=True)
class PreviewedJob:
    """A job that a build would queue."""

    label: object
    number: object
    of: object
    plate: object


@dataclass(frozen=True, slots=True)
class PreviewedBuild:
    """A part build that a build would make (the vendor's ``BuildPreviewV2``)."""

    part_id: object
    part_name: object
    sku: object
    label: object
    quantity: object
    jobs: tuple[PreviewedJob, ...]

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """Read one; nothing is required."""
        return cls(
            part_id=source.get("partId"),
            part_name=source.get("partName"),
            sku=sku.get("sku") if isinstance(sku := source.get("sku"), Mapping) else None,
            label=source.get("label"),
            quantity=source.get("quantity"),
            jobs=tuple(
                PreviewedJob(
                    label=job.get("label"),
                    number=job.get("quantityIndex"),
                    of=job.get("quantityTotal"),
                    plate=job.get("plateName") or job.get("plateId"),
                )
                for job in objects_in(source.get("jobs"))
            ),
        )


def objects_in(rows: object) -> list[Mapping[str, Any]]:
    """Return the objects in a list; empty if it is not a list."""
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
