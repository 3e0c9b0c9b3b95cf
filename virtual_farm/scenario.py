"""The initial state of a farm."""

from collections.abc import Callable
from datetime import timedelta

from .build_items import PRIORITY_LOW, PRIORITY_NORMAL
from .builds import Builder
from .catalog import part_named, slot_fields, spool, stock_maintenance, stock_materials, stock_products
from .clock import to_iso
from .entities import Document, PrintJob
from .fleet import Fleet
from .inventory import stock_folders, stock_spools
from .job_queue import JobQueue, name_objects
from .machine import PASSING_SECONDS, Task
from .orders import OrderDesk
from .phase import PASSING
from .printer import Printer
from .printer_models import FLEET, MAKES, MODELS
from .storage import Storage
from .world import World


class Scenario:
    """Fills a new world."""

    def __init__(
        self,
        world: World,
        *,
        fleet: Fleet,
        queue: JobQueue,
        builder: Builder,
        orders: OrderDesk,
        storage: Storage,
    ) -> None:
        """Use the parts of the world to fill."""
        self._world = world
        self._fleet = fleet
        self._queue = queue
        self._builder = builder
        self._orders = orders
        self._storage = storage
        # States of a demo's printers, in order. A larger farm repeats them.
        self._states: tuple[Callable[[Printer], object], ...] = (
            lambda printer: self._printing(printer, "Plant Pot", 0.37),
            self._awaiting_clear,
            _ready,
            self._offline,
            lambda printer: self._paused(printer, "Articulated Dragon", 0.62),
            self._in_maintenance,
            self._fabmatic,
            _ready,
        )
        self._states_of_makes: tuple[Callable[[Printer], object], ...] = (
            lambda printer: self._printing(printer, "Phone Stand", 0.37),
            self._awaiting_clear,
            _ready,
            lambda printer: self._paused(printer, "Cable Clip", 0.62),
            lambda printer: self._from_outside(printer, "benchy.bgcode"),
            self._offline,
            lambda printer: self._from_outside(printer, "vase.gco"),
            self._wants_attention,
            self._canceled,
        )

    def fill(self) -> None:
        """Create everything that the configuration specifies."""
        config = self._world.config
        if config.scenario != "empty":
            stock_materials(self._world)
            stock_products(self._world, self._storage)
        counts: dict[str, int] = {}
        models = MAKES if config.scenario == "makes" else FLEET
        for index in range(config.printers if config.scenario != "empty" else 0):
            key = models[index % len(models)]
            counts[key] = counts.get(key, 0) + 1
            name = f"{MODELS[key].product_name} {counts[key]:02d}"
            printer = self._fleet.add(MODELS[key], name, tags=["demo", f"rack-{index // 4 + 1}"], ready=True)
            self.equip(printer)
        self._give_histories()
        stock_maintenance(self._world)
        if config.scenario in ("demo", "makes") and self._world.printers:
            states = self._states if config.scenario == "demo" else self._states_of_makes
            for index, printer in enumerate(list(self._world.printers.values())):
                states[index % len(states)](printer)
            self._fill_queue()
            self._take_orders()
        if config.scenario != "empty":
            stock_folders(self._world)
            stock_spools(self._world)
        self._world.completed_jobs += sum(printer.lifetime_job_count for printer in self._world.printers.values())

    def publish_pictures(self) -> None:
        """Set the public URLs of images, which are known once the farm listens."""
        published = self._storage.published
        for document in (*self._world.parts.values(), *self._world.part_builds.values()):
            document["thumbnailUri"] = published(document["thumbnailUri"])
        for document in self._world.part_builds.values():
            document["partCopy"] = {**document["partCopy"], "thumbnailUri": document["thumbnailUri"]}
        for job in self._world.jobs.values():
            job.thumbnail_uri = published(job.thumbnail_uri)
            job.colored_thumbnail_uri = published(job.colored_thumbnail_uri)
            job.build_thumbnail_uri = published(job.build_thumbnail_uri)

    def equip(self, printer: Printer) -> None:
        """Load spools into a printer; one slot of each AMS stays empty."""
        variants = list(self._world.variants.values())
        if not variants:
            return
        offset = list(self._world.printers).index(printer.id)
        basic = [variant for variant in variants if self._world.materials[variant["materialId"]]["type"] == "PLA"]
        for number, place in enumerate(printer.slots):
            if place[0] < 0:
                if printer.machine.ams or not printer.model.external_spool:
                    self._load(printer, place, basic[offset % len(basic)] if not printer.model.external_spool else None)
                else:
                    self._load(printer, place, variants[6] if offset % 8 == 6 else basic[offset % len(basic)])
            elif number % 4:
                self._load(printer, place, basic[0] if number == 1 else variants[(offset + number) % len(variants)])

    def _load(self, printer: Printer, place: tuple[int, int], variant: Document | None) -> None:
        remaining = float(self._world.random.randrange(12, 100))
        tray = None if variant is None else spool(self._world, variant, remaining)
        self._fleet.load(printer, place, tray, slot_fields(self._world, variant))

    def _give_histories(self) -> None:
        for printer in self._world.printers.values():
            printer.lifetime_job_count = self._world.random.randrange(40, 900)
            printer.lifetime_print_hours = round(printer.lifetime_job_count * self._world.random.uniform(1.2, 3.4), 2)
            printer.last_printed_at = printer.created_at

    # States of single printers

    def _printing(self, printer: Printer, part_name: str, progress: float) -> PrintJob:
        job = self._job(part_name, tags={"printer.id": printer.id})
        self._put_on(printer, job, progress)
        return job

    def _put_on(self, printer: Printer, job: PrintJob, progress: float) -> None:
        now = self._world.now()
        job.assigned_printer_id = printer.id
        job.assignment_started_at = job.assignment_completed_at = job.printing_started_at = now
        job.task_id = int(self._world.ids.digits(9))
        name_objects(job, self._world, self._storage)
        place = next((place for place in printer.slots if printer.machine.tray(place) is not None), None)
        if place is not None and (slot := self._world.slot_of(printer.id, *place)) is not None:
            job.material_mapping = [
                {"amsIndex": place[0], "slotIndex": place[1], "materialType": slot["materialType"]},
            ]
        printer.machine.start(
            Task(
                id=str(job.task_id),
                name=job.label,
                duration=job.duration * printer.model.pace,
                layers=job.layers,
                grams=job.grams,
                job_id=job.id,
                slot=place,
            )
        )
        printer.machine.skip_to(progress)
        self._fleet.observe(printer)

    def _awaiting_clear(self, printer: Printer) -> None:
        self._printing(printer, "Benchy", 0.99)
        printer.machine.finish()
        self._come_to_rest(printer)

    def _come_to_rest(self, printer: Printer) -> None:
        """Skip what is between two phases."""
        if printer.machine.phase in PASSING:
            printer.machine.step(PASSING_SECONDS)
        self._fleet.observe(printer)

    def _from_outside(self, printer: Printer, name: str) -> None:
        self._fleet.print_from_outside(printer, name, 5400.0)
        printer.machine.skip_to(0.2)
        self._fleet.observe(printer)

    def _wants_attention(self, printer: Printer) -> None:
        """Make it report a message after its print."""
        self._awaiting_clear(printer)
        self._fleet.raise_hms(printer, "error", "0000-0001", "Remove the print from the sheet")

    def _canceled(self, printer: Printer) -> None:
        self._printing(printer, "Vibration Foot", 0.4)
        printer.machine.stop()
        self._come_to_rest(printer)

    def _paused(self, printer: Printer, part_name: str, progress: float) -> None:
        job = self._printing(printer, part_name, progress)
        self._queue.pause(job)
        self._come_to_rest(printer)

    def _offline(self, printer: Printer) -> None:
        self._fleet.disconnect(printer)

    def _in_maintenance(self, printer: Printer) -> None:
        self._fleet.set_maintenance(printer, enabled=True)
        self._fleet.raise_hms(
            printer,
            "warning",
            "0700-2000-0002-0001",
            "AMS A Slot 1 filament has run out. Please insert a new filament.",
        )

    def _fabmatic(self, printer: Printer) -> None:
        """Make it print the last missing item of an order with FabMatic."""
        order = self._order(f"{1004 + len(self._world.orders)}", "BIN-2X1", days=2)
        errors = self._orders.print(
            {
                "skuIds": [item["skuId"] for item in order["items"]],
                "orderIds": [order["order"]["id"]],
                "printerTags": {"printer.id": printer.id},
            }
        )
        assert not errors
        (job,) = self._builder.make_now(list(self._world.part_builds.values())[-1]["id"])
        self._put_on(printer, job, 0.81)
        self._fleet.set_fabmatic(printer, enabled=True, job_limit=3)

    # The queue

    def _fill_queue(self) -> None:
        models = list(dict.fromkeys(printer.model.product_name for printer in self._world.printers.values()))
        failed = self._job("Phone Stand", label="Order 1003")
        self._queue.failed(failed, "Nozzle temperature malfunction")
        # These are waiting: for a busy printer, for a tag that no printer has, and for low-priority jobs to be
        # enabled.
        first = next(iter(self._world.printers))
        self._job("Benchy", label="Benchy for the shop", tags={"printer.id": first})
        self._job("Cable Clip", tags={"printer.id": first})
        self._job("Drill Jig", label="Jig", tags={"user.tags": "enclosed", "printer.modelName": models[0]})
        self._job("Calibration Cube", label="Night filler", priority=PRIORITY_LOW)

    def _job(
        self, part_name: str, *, label: str | None = None, tags: Document | None = None, priority: int = PRIORITY_NORMAL
    ) -> PrintJob:
        spec: Document = {
            "partId": part_named(self._world, part_name)["id"],
            "tags": tags or {},
            "priority": priority,
            "label": label or part_name,
        }
        if part_name == "Articulated Dragon":
            spec["plateQuantities"] = {"1": 1}
        build = self._builder.build({"parts": [spec]})["partBuilds"][0]
        return self._builder.make_now(build["id"])[0]

    def _take_orders(self) -> None:
        """Create an overdue order, one that is not started, and a closed one."""
        self._order("1001", "DESK-SET", days=-1)
        self._order("1002", "POT-M", quantity=2)
        self._orders.close(self._order("1000", "BENCHY-1", days=-3)["order"]["id"])

    def _order(self, number: str, sku: str, *, quantity: int = 1, days: int | None = None) -> Document:
        """Create an order that is due in some days; returns it with its items."""
        due = None if days is None else to_iso(self._world.clock() + timedelta(days=days))
        return self._orders.create({"orderNumber": number, "deadline": due}, [{"sku": sku, "quantity": quantity}])


def _ready(_printer: Printer) -> None:
    """Leave a printer as it is: idle and ready."""
