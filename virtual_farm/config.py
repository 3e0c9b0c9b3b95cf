"""What a virtual farm can be told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from .clock import check_offset, utc_now
from .words import Words

DEFAULT_STORE_ID = "vf4q8m2k7x1c9p5s3n6b0d7h"
DEFAULT_API_KEY = "vfkey0a1b2c3d4e5f6g7h8i9_j0k1l2m3n4o5p6q7"
DEFAULT_READ_ONLY_KEY = "vfread9i8h7g6f5e4d3c2b1a_q7p6o5n4m3l2k1j0"

type LargeLimit = Literal["cut", "refuse"]

type Scenario = Literal["demo", "idle", "empty", "makes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FarmConfig:
    """Settings of one virtual farm, which is one store.

    `api_key` may do everything, `read_only_key` only look (`READ_ONLY_PERMISSIONS`).
    `printers` counts the printers at the start and `scenario` says what they do then: `demo` shows every state and a
    filled queue, `idle` has every printer ready and nothing queued, `empty` has neither printers nor catalogue,
    `makes` is a farm of OctoPrint, PrusaLink and Klipper printers that use the words of their makes.
    `speed` is simulated seconds per second of wall-clock time; at 0 the world moves only by `VirtualFarm.advance`.
    Ports of 0 mean any free one; `mqtt_tcp_port` is for MQTT without websockets, None for none. `mqtt_url` is the outside broker to publish to; with mqtts or wss its certificate must
    come from the authorities in `mqtt_ca_file` (PEM), or from those that the system trusts. `production_slots` None means one per printer. `failure_rate` is the share of prints
    (0 to 1) that fail by themselves. `job_delay` is how many simulated seconds after a build its jobs appear.
    `sparse_events` makes entity events of updates carry the changed fields only. `words` says how printers call what
    they do (`virtual_farm.words`). `absolute_pictures` makes `thumbnailUri` and its kin addresses that anybody may read
    and that refuse credentials. `filter_tags` returns tags that users gave as the cloud's own filter, `&=a,b`.
    `large_limit` says what becomes of a `limit` beyond 1,000. `strict_uploads` refuses an upload that names a content
    type at all; otherwise that of any bytes is let through, as the vendor's own script sends it. `topic_per_entity`
    publishes the event of each record at a topic of its own, below that of its kind.
    `clock` gives the time of the quota, of logs and, `clock_offset` seconds later, that which the protocol carries (time
    stamps, `Date`, signed addresses): a cloud whose clock is off. Physics uses neither.
    """

    store_id: str = DEFAULT_STORE_ID
    api_key: str = field(default=DEFAULT_API_KEY, repr=False)
    read_only_key: str = field(default=DEFAULT_READ_ONLY_KEY, repr=False)
    store_name: str = "Virtual Farm"
    timezone: str = "Europe/Berlin"
    printers: int = 8
    scenario: Scenario = "demo"
    speed: float = 1.0
    seed: int = 1
    rest_port: int = 0
    mqtt_port: int = 0
    mqtt_tcp_port: int | None = None
    mqtt_url: str | None = field(default=None, repr=False)
    mqtt_ca_file: str | None = None
    quota: bool = True
    production_slots: int | None = None
    maintenance_entitlement: bool = True
    failure_rate: float = 0.0
    job_delay: float = 1.0
    sparse_events: bool = False
    words: Words = "common"
    absolute_pictures: bool = False
    filter_tags: bool = False
    large_limit: LargeLimit = "cut"
    strict_uploads: bool = False
    topic_per_entity: bool = False
    telemetry_interval: float = 1.0
    clock: Callable[[], datetime] = utc_now
    clock_offset: float = 0.0

    @property
    def spoken(self) -> Words:
        """The words that printers use."""
        return "own" if self.scenario == "makes" and self.words == "common" else self.words

    def __post_init__(self) -> None:
        """Refuse what cannot work; raises ValueError."""
        if self.read_only_key == self.api_key:
            raise ValueError("read_only_key must differ from api_key")
        if self.mqtt_ca_file is not None and self.mqtt_url is None:
            raise ValueError("mqtt_ca_file is about an outside broker, which mqtt_url names")
        if self.mqtt_tcp_port is not None and self.mqtt_url is not None:
            raise ValueError("mqtt_tcp_port must be left to the outside broker, which mqtt_url names")
        check_offset(self.clock_offset)
        if self.printers < 0:
            raise ValueError("printers must not be negative")
        if self.speed < 0:
            raise ValueError("speed must not be negative")
        if not 0 <= self.failure_rate <= 1:
            raise ValueError("failure_rate must lie between 0 and 1")
        if self.production_slots is not None and self.production_slots < 1:
            raise ValueError("production_slots must be at least 1")
