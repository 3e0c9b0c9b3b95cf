"""Builds: what a print request creates, immediately (part builds, SKU builds) and a moment later (jobs)."""

from .build_items import PRIORITY_NORMAL, BuildItem, checked_parameters, checked_plates, preview_of
from .entities import Document, PrintJob
from .errors import BadRequestError, NotFoundError
from .job_queue import JobQueue
from .world import World

_DEFAULT_SECONDS = 3600.0
_SECONDS_PER_LAYER = 36.0


class Builder:
    """Accepts builds. Their jobs appear `job_delay` simulated seconds later."""

    def __init__(self, world: World, queue: JobQueue) -> None:
        """Use one world, and add the jobs to its queue."""
        self._world = world
        self._queue = queue
        self._waiting: list[tuple[float, Document, BuildItem]] = []

    def build(self, config: Document) -> Document:
        """Queue a body of schema `BuildConfigV2` and return `BuildResultV2`; raises ApiError."""
        part_items, sku_items = self._items(config)
        part_builds = [self._part_build(item) for item in part_items]
        sku_builds = []
        for sku, items, options in sku_items:
            sku_build = self._sku_build(sku, items, options)
            sku_builds.append(sku_build)
            for item in items:
                item.sku_build_id = sku_build["id"]
                if item.quantity > 0:
                    part_builds.append(self._part_build(item))
        return {
            "partBuilds": [dict(build) for build in part_builds],
            "skuBuilds": [dict(build) for build in sku_builds],
        }

    def preview(self, config: Document) -> Document:
        """Return what `build` would create (schema `BuildPreviewV2`) without creating it; raises ApiError."""
        part_items, sku_items = self._items(config)
        items = [*part_items, *(item for _, linked, _ in sku_items for item in linked)]
        previews = [preview_of(item) for item in items]
        return {
            "partBuilds": previews,
            "summary": {
                "partBuildCount": len(previews),
                "skuBuildCount": len(sku_items),
                "jobCount": sum(len(preview["jobs"]) for preview in previews),
            },
        }

    def step(self) -> None:
        """Create the jobs that are due at the current simulated time."""
        due = [entry for entry in self._waiting if entry[0] <= self._world.time]
        if not due:
            return
        self._waiting = [entry for entry in self._waiting if entry[0] > self._world.time]
        for _, part_build, item in due:
            self._make_jobs(part_build, item)

    def make_now(self, part_build_id: str) -> list[PrintJob]:
        """Create the jobs of a waiting part build without its delay; raises KeyError if it is not waiting."""
        for entry in self._waiting:
            if entry[1]["id"] == part_build_id:
                self._waiting.remove(entry)
                return self._make_jobs(entry[1], entry[2])
        raise KeyError(part_build_id)

    def drop(self, order_id: str) -> None:
        """Create no more jobs of an order."""
        gone = [entry for entry in self._waiting if entry[1]["orderId"] == order_id]
        self._waiting = [entry for entry in self._waiting if entry not in gone]
        for _, part_build, _ in gone:
            self._world.part_builds.change(part_build["id"], {"status": "cancelled", "printStatus": "cancelled"})

    def _make_jobs(self, part_build: Document, item: BuildItem) -> list[PrintJob]:
        """Create the jobs of a part build."""
        jobs = [self._job(part_build, item, entry) for entry in item.jobs()]
        # Placed before they are announced, so that no job is visible without its position.
        self._queue.place(jobs, item.position)
        for job in jobs:
            self._world.jobs.insert(job.id, job)
        self._world.part_builds.change(part_build["id"], {"status": "queued"})
        return jobs

    # From the request to items.

    def _items(
        self, config: Document
    ) -> tuple[list[BuildItem], list[tuple[Document, list[BuildItem], dict[str, str]]]]:
        parts = config.get("parts") or []
        skus = config.get("skus") or []
        if not parts and not skus:
            raise BadRequestError("A build needs at least one part or SKU")
        part_items = [self._part_item(spec) for spec in parts]
        sku_items = []
        for spec in skus:
            sku = self._sku(spec)
            sku_items.append((sku, self._sku_parts(sku, spec), self._options(sku, spec)))
        return part_items, sku_items

    def _part_item(self, spec: Document) -> BuildItem:
        part = self._part(spec["partId"])
        return BuildItem(
            part=part,
            quantity=int(spec.get("quantity", 1)),
            label=spec.get("label") or part["name"],
            tags={**part["printTags"], **spec.get("tags", {})},
            priority=int(spec.get("priority", PRIORITY_NORMAL)),
            position=spec.get("position", "back"),
            parameters=checked_parameters(part, spec.get("parameters") or {}),
            plates=checked_plates(part, spec.get("plateQuantities")),
            materials=self._materials(spec.get("materials")),
        )

    def _sku_parts(self, sku: Document, spec: Document) -> list[BuildItem]:
        configs = spec.get("linkedPartConfigs") or {}
        linked_parts = self.linked_parts(sku)
        if not linked_parts:
            raise BadRequestError(f"SKU {sku['sku']} has no parts")
        # The vendor's schema says "partId -> config"; the ID of the link names one of several links to the same part.
        known = {linked[key] for linked in linked_parts for key in ("id", "partId")}
        for linked_id in configs:
            if linked_id not in known:
                raise BadRequestError(f"SKU {sku['sku']} has no linked part {linked_id}")
        if (order := spec.get("order")) is not None and order["orderId"] not in self._world.orders:
            raise NotFoundError("Order", order["orderId"])
        quantity = int(spec.get("quantity", 1))
        items = []
        for linked in linked_parts:
            part = self._part(linked["partId"])
            own = configs.get(linked["id"]) or configs.get(linked["partId"]) or {}
            preset = {entry["name"]: entry["value"] for entry in linked["parameters"] if "value" in entry}
            items.append(
                BuildItem(
                    part=part,
                    quantity=int(own["quantity"] if "quantity" in own else linked["quantity"]) * quantity,
                    label=own.get("label") or linked["label"],
                    tags={**part["printTags"], **spec.get("tags", {}), **own.get("tags", {})},
                    priority=int(spec.get("priority", PRIORITY_NORMAL)),
                    position=spec.get("position", "back"),
                    parameters=checked_parameters(part, {**preset, **(own.get("parameters") or {})}),
                    plates=checked_plates(part, own.get("plateQuantities")),
                    materials=self._materials(own.get("materials")) or linked.get("materialAssignments"),
                    sku=sku,
                    linked_part=linked,
                    sku_quantity=quantity,
                    instance_start=int(spec.get("skuInstanceStart", 1)),
                    order=spec.get("order"),
                )
            )
        return items

    def linked_parts(self, sku: Document) -> list[Document]:
        """Return the parts of a SKU."""
        return [linked for linked in self._world.linked_parts.values() if linked["skuId"] == sku["id"]]

    def _part(self, part_id: str) -> Document:
        part = self._world.parts.get(part_id)
        if part is None:
            raise NotFoundError("Part", part_id)
        return part

    def _sku(self, spec: Document) -> Document:
        if "skuId" in spec:
            sku = self._world.skus.get(spec["skuId"])
            if sku is None:
                raise NotFoundError("SKU", spec["skuId"])
            return sku
        for sku in self._world.skus.values():
            if sku["sku"] == spec["sku"]:
                return sku
        raise NotFoundError("SKU", spec["sku"])

    def _options(self, sku: Document, spec: Document) -> dict[str, str]:
        bound = {
            binding["optionId"] for binding in self._world.sku_option_bindings.values() if binding["skuId"] == sku["id"]
        }
        chosen: dict[str, str] = {}
        for choice in spec.get("options") or []:
            option = next(
                (
                    option
                    for option in self._world.sku_options.values()
                    if option["id"] in bound and choice.get("id", option["id"]) == option["id"]
                    if choice.get("name", option["name"]) == option["name"]
                ),
                None,
            )
            if option is None:
                raise BadRequestError(f"SKU {sku['sku']} has no option {choice.get('name') or choice.get('id')}")
            values = [
                value["name"] for value in self._world.sku_option_values.values() if value["optionId"] == option["id"]
            ]
            if not option["isPersonalization"] and choice["value"] not in values:
                raise BadRequestError(f"Option {option['name']} has no value {choice['value']}")
            chosen[option["id"]] = choice["value"]
        return chosen

    def _materials(self, materials: Document | None) -> Document | None:
        for choices in (materials or {}).values():
            for choice in choices:
                for key, known, what in (
                    ("materialId", self._world.materials, "Material"),
                    ("variantId", self._world.variants, "Material variant"),
                    ("groupId", self._world.material_groups, "Material group"),
                ):
                    if key in choice and choice[key] not in known:
                        raise NotFoundError(what, choice[key])
        return materials or None

    # From items to records.

    def _part_build(self, item: BuildItem) -> Document:
        part = item.part
        order = item.order or {}
        extensions: Document = {}
        if item.plates is not None:
            extensions["3mf"] = {"plateQuantities": item.plates}
        if item.linked_part is not None and item.order is not None:
            extensions["orderInfo"] = {
                "linkedPartId": item.linked_part["id"],
                "linkedPartQuantity": item.linked_part["quantity"],
            }
        build = self._world.document(
            partId=part["id"],
            skuBuildId=item.sku_build_id,
            skuId=item.sku["id"] if item.sku else None,
            skuName=item.sku["sku"] if item.sku else None,
            label=item.label,
            partCopy=dict(part),
            requiredPrinterTags=self._world.kept_tags(item.tags),
            quantity=item.quantity,
            numPartsPerSku=item.linked_part["quantity"] if item.linked_part else None,
            skuInstanceStart=item.instance_start if item.sku else None,
            parameterOverrides=item.parameters,
            status="pending",
            outputFiles=None,
            thumbnailUri=part["thumbnailUri"],
            assignmentStartedAt=None,
            assignmentCompletedAt=None,
            printingStartedAt=None,
            printingCompletedAt=None,
            printStatus="pending",
            extensions=extensions,
            materialAssignments=item.materials,
            priority=item.priority,
            position=item.position,
            orderId=order.get("orderId"),
            orderItemId=order.get("orderItemId"),
            linkedPartId=item.linked_part["id"] if item.linked_part else None,
            dismissed=False,
        )
        self._world.part_builds.insert(build["id"], build)
        self._waiting.append((self._world.time + self._world.config.job_delay, build, item))
        return build

    def _sku_build(self, sku: Document, items: list[BuildItem], options: dict[str, str]) -> Document:
        first = items[0]
        order = first.order or {}
        build = self._world.document(
            skuId=sku["id"],
            skuCopy=dict(sku),
            status="running",
            skuInstanceStart=first.instance_start,
            orderId=order.get("orderId"),
            orderItemId=order.get("orderItemId"),
            priority=first.priority,
            selectedOptions=options or None,
        )
        self._world.sku_builds.insert(build["id"], build)
        return build

    def _job(self, part_build: Document, item: BuildItem, entry: Document) -> PrintJob:
        now = self._world.now()
        part, plate = item.part, entry["plate"]
        estimate = part.get("slicingEstimate") or {}
        seconds = float(estimate.get("estimatedPrintTimeSeconds") or _DEFAULT_SECONDS)
        grams = float(estimate.get("totalWeightGrams") or 20.0)
        if plate is not None:
            plates = [each for each in estimate.get("plates") or [] if each["plateId"] == plate["id"]]
            if plates:
                seconds, grams = plates[0]["estimatedPrintTimeSeconds"], plates[0]["totalWeightGrams"]
        per_sku = max(1, item.quantity // max(1, item.sku_quantity))
        return PrintJob(
            id=self._world.ids(),
            store_id=self._world.config.store_id,
            created_at=now,
            updated_at=now,
            part_build_id=part_build["id"],
            quantity_index=entry["quantityIndex"],
            quantity_total=entry["quantityTotal"],
            part_id=part["id"],
            part_name=part["name"],
            label=entry["label"],
            queue_order=0.0,
            priority=item.priority,
            required_printer_tags=self._world.kept_tags(item.tags),
            thumbnail_uri=part["thumbnailUri"],
            colored_thumbnail_uri=part["thumbnailUri"],
            build_thumbnail_uri=part["thumbnailUri"],
            files_to_print=list(part["fileUris"]),
            sku_id=item.sku["id"] if item.sku else None,
            sku_name=item.sku["sku"] if item.sku else None,
            parameter_overrides=item.parameters,
            order_id=part_build["orderId"],
            order_item_id=part_build["orderItemId"],
            linked_part_id=part_build["linkedPartId"],
            sku_instance=item.instance_start + (entry["quantityIndex"] - 1) // per_sku if item.sku else None,
            extensions=None
            if plate is None
            else {"3mf": {"plateId": plate["id"], "gcodeFile": f"Metadata/plate_{plate['id']}.gcode"}},
            material_assignments=item.materials,
            duration=float(seconds),
            layers=max(20, int(float(seconds) / _SECONDS_PER_LAYER)),
            grams=float(grams),
        )

    def note_end(self, job: PrintJob) -> None:
        """Update the builds of a job that has ended."""
        build = self._world.part_builds.get(job.part_build_id)
        if build is None:
            return
        states = {other.status for other in self._world.jobs.values() if other.part_build_id == build["id"]}
        if states <= {"completed", "cancelled"}:
            done = "success" if "completed" in states else "cancelled"
            self._world.part_builds.change(
                build["id"], {"status": done, "printStatus": done, "printingCompletedAt": self._world.now()}
            )
