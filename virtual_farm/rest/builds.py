"""Builds."""

from collections.abc import Iterable
from typing import Any

from virtual_farm.entities import Document

from .resource import list_routes
from .route import Call, Route
from .schema import (
    MATERIALS,
    PARAMETER_VALUE,
    POSITION,
    PRIORITY,
    TAGS,
    any_of,
    array,
    identifier,
    nullable,
    number,
    record,
    shape,
    text,
)

_QUANTITY = number(0, 500)
_LABEL = text(1, 1024)

_PART = shape(
    {"partId": identifier},
    {
        "priority": PRIORITY,
        "position": POSITION,
        "quantity": _QUANTITY,
        "parameters": record(PARAMETER_VALUE),
        "label": _LABEL,
        "tags": TAGS,
        "plateQuantities": record(number()),
        "materials": nullable(MATERIALS),
    },
)
_LINKED_PART = shape(
    optional={
        "parameters": record(PARAMETER_VALUE),
        "tags": TAGS,
        "quantity": _QUANTITY,
        "label": _LABEL,
        "plateQuantities": record(number()),
        "materials": nullable(MATERIALS),
    }
)
_OPTION = any_of(shape({"name": text(), "value": text()}), shape({"id": identifier, "value": text()}))
_SKU_REST = {
    "quantity": number(1, 500),
    "linkedPartConfigs": record(_LINKED_PART),
    "tags": TAGS,
    "priority": PRIORITY,
    "position": POSITION,
    "skuInstanceStart": number(1),
    "order": shape({"orderId": identifier, "orderItemId": identifier}),
    "options": array(_OPTION),
}
_SKU = any_of(shape({"skuId": identifier}, _SKU_REST), shape({"sku": text()}, _SKU_REST))
_BUILD = shape(optional={"parts": array(_PART), "skus": array(_SKU)})

_PART_BUILD_FIELDS = (
    "partId skuBuildId skuId skuName label partCopy requiredPrinterTags quantity numPartsPerSku skuInstanceStart "
    "parameterOverrides status outputFiles thumbnailUri assignmentStartedAt assignmentCompletedAt printingStartedAt "
    "printingCompletedAt printStatus extensions materialAssignments priority position orderId orderItemId linkedPartId "
    "dismissed id storeId createdAt updatedAt"
)
_SKU_BUILD_FIELDS = (
    "skuId skuCopy status skuInstanceStart orderId orderItemId priority selectedOptions id storeId createdAt updatedAt"
)


def _build(call: Call) -> Any:
    return call.farm.builder.build(call.body)


def _preview(call: Call) -> Any:
    return call.farm.builder.preview(call.body)


def _part_builds(call: Call) -> list[Document]:
    return _with_jobs(call, call.world.part_builds.values())


def _sku_builds(call: Call) -> list[Document]:
    by_sku_build: dict[str, list[Document]] = {}
    for build in _part_builds(call):
        if build["skuBuildId"] is not None:
            by_sku_build.setdefault(build["skuBuildId"], []).append(build)
    return [{**build, "partBuilds": by_sku_build.get(build["id"], [])} for build in call.world.sku_builds.values()]


def _with_jobs(call: Call, part_builds: Iterable[Document]) -> list[Document]:
    jobs: dict[str, list[Document]] = {}
    for job in call.world.jobs.values():
        jobs.setdefault(job.part_build_id, []).append(job.wire())
    return [{**build, "steps": [], "printJobs": jobs.get(build["id"], [])} for build in part_builds]


# The vendor's description has no permission for builds, but its documentation of keys does.
ROUTES = (
    Route("POST", "/v2/builds", ("build.create",), _build, _BUILD, 201),
    Route("POST", "/v2/builds/preview", ("build.create",), _preview, _BUILD, 201),
    *list_routes("/v1/part-builds", "queue.view", _part_builds, _PART_BUILD_FIELDS, "steps printJobs"),
    *list_routes("/v1/sku-builds", "queue.view", _sku_builds, _SKU_BUILD_FIELDS, "partBuilds"),
)
