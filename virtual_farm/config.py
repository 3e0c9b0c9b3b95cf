"""Settings of a virtual farm."""

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

    - `api_key`: a key with all permissions; `read_only_key`: one with `READ_ONLY_PERMISSIONS`.
    - `printers`: number of printers at the start.
    - `scenario`: `demo` has every state and a filled queue, `idle` has ready printers and an empty queue, `empty` has
      no printers and no catalog, `makes` has OctoPrint, PrusaLink, and Klipper printers with the words of their brands.
    - `speed`: simulated seconds per second. At 0, time only passes by `VirtualFarm.advance`.
    - `rest_port`, `mqtt_port`: 0 picks any free one. `mqtt_tcp_port`: for MQTT without websockets; None disables it.
    - `mqtt_url`: external broker to publish to. With mqtts or wss, its certificate must come from the authorities in
      `mqtt_ca_file` (PEM), or else from those of the system.
    - `production_slots`: None means one per printer.
    - `failure_rate`: share of prints (0 to 1) that fail.
    - `job_delay`: simulated seconds until the jobs of a build appear.
    - `sparse_events`: entity events of updates only contain the changed fields.
    - `words`: the words that printers use for their state (`virtual_farm.words`).
    - `absolute_pictures`: `thumbnailUri` and similar fields are public URLs that reject credentials.
    - `filter_tags`: user tags are returned as the cloud's own filter, `&=a,b`.
    - `large_limit`: `cut` limits a `limit` of more than 1,000, `refuse` rejects it.
    - `strict_uploads`: reject uploads with any content type. Otherwise, `application/octet-stream` is allowed, which
      the vendor's own script sends.
    - `topic_per_entity`: each record has its own event topic, below that of its kind.
    - `clock`: time of the quota and of logs. The time in the protocol (timestamps, `Date`, signed URLs) is
      `clock_offset` seconds later, as if the cloud's clock were wrong. The simulation uses neither.
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
        """The set of words that printers use."""
        return "own" if self.scenario == "makes" and self.words == "common" else self.words

    def __post_init__(self) -> None:
        """Reject settings that cannot work; raises ValueError."""
        if self.read_only_key == self.api_key:
            raise ValueError("read_only_key must differ from api_key")
        if self.mqtt_ca_file is not None and self.mqtt_url is None:
            raise ValueError("mqtt_ca_file must be used with mqtt_url")
        if self.mqtt_tcp_port is not None and self.mqtt_url is not None:
            raise ValueError("mqtt_tcp_port must not be used with mqtt_url")
        check_offset(self.clock_offset)
        if self.printers < 0:
            raise ValueError("printers must not be negative")
        if self.speed < 0:
            raise ValueError("speed must not be negative")
        if not 0 <= self.failure_rate <= 1:
            raise ValueError("failure_rate must be between 0 and 1")
        if self.production_slots is not None and self.production_slots < 1:
            raise ValueError("production_slots must be at least 1")
