"""The physical printer: heat, progress, and filament in simulated time. It does not depend on the cloud."""

from dataclasses import dataclass, field
import math

from .heater import AMBIENT, Heater
from .phase import PASSING, PREPARING, STAGES, TIMED, Phase
from .printer_models import PrinterModel
from .words import Vocabulary, Words, vocabulary

SLOTS_PER_AMS = 4
SPOOL_GRAMS = 1000.0

_DOWNLOAD_SECONDS = 20.0
_LEVELING_SECONDS = 45.0
_NOZZLE_RATE = 2.4  # °C per second
_BED_RATE = 0.45
_CHAMBER_RATE = 0.05
_NOZZLE_TAU = 110.0  # seconds
_BED_TAU = 520.0
_CHAMBER_TAU = 900.0
_READING_SECONDS = 5.0
PASSING_SECONDS = 4.0
_CONNECTING_SECONDS = 8.0
_LAST_WORDS = {Phase.FINISHED: Phase.FINISHING, Phase.CANCELLED: Phase.CANCELLING}


@dataclass(slots=True)
class Tray:
    """The filament in one slot; `color` is RRGGBBAA, `remaining` percent."""

    color: str
    type: str
    info: str
    tag_id: str = ""
    remaining: float = 100.0
    identifier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One print: `duration` in simulated seconds, temperatures in °C, `slot` as (AMS, slot) or None."""

    id: str
    name: str
    duration: float
    layers: int = 100
    grams: float = 20.0
    nozzle: float = 220.0
    bed: float = 60.0
    chamber: float = 0.0
    job_id: str | None = None
    slot: tuple[int, int] | None = None
    fails_at: float | None = None
    """Share of the print (0 to 1) at which it fails."""


@dataclass(slots=True)
class Machine:
    """One physical printer. `version` increases with every change that telemetry would show."""

    model: PrinterModel
    wobble: float = 0.0
    words: Words = "common"
    phase: Phase = Phase.IDLE
    following: Phase = Phase.IDLE
    connecting_left: float = 0.0
    task: Task | None = None
    elapsed: float = 0.0
    phase_left: float = 0.0
    nozzle: Heater = field(default_factory=lambda: Heater(_NOZZLE_RATE, _NOZZLE_TAU))
    bed: Heater = field(default_factory=lambda: Heater(_BED_RATE, _BED_TAU))
    chamber: Heater = field(default_factory=lambda: Heater(_CHAMBER_RATE, _CHAMBER_TAU))
    fans: dict[str, float] = field(default_factory=lambda: {"part": 0.0, "aux": 0.0, "chamber": 0.0})
    lights: dict[str, str] = field(default_factory=lambda: {"chamber": "on", "work": "off"})
    homed: dict[str, bool] = field(default_factory=lambda: {"x": False, "y": False, "z": False})
    ams: list[list[Tray | None]] = field(default_factory=list)
    spool: Tray | None = None
    loaded: tuple[int, int] | None = None
    reading: tuple[int, int] | None = None
    reading_left: float = 0.0
    activity: str = ""
    activity_left: float = 0.0
    failure: str | None = None
    version: int = 0

    @property
    def word(self) -> str:
        """The printer's own word for its state."""
        by_hand = self.task is not None and self.task.job_id is None
        return (self.connecting_left > 0 and self._vocabulary.connecting) or self._vocabulary.word(
            self.phase, by_hand=by_hand
        )

    @property
    def fault_word(self) -> str | None:
        """What the printer reports instead while it has an error."""
        return self._vocabulary.fault

    @property
    def _vocabulary(self) -> Vocabulary:
        return vocabulary(self.model.provider, self.words)

    @property
    def stage(self) -> str:
        """What the printer is doing, as text."""
        return self.activity or STAGES[self.phase]

    @property
    def progress(self) -> float:
        """Progress of the print, 0 to 1."""
        if self.task is None:
            return 0.0
        return min(1.0, self.elapsed / self.task.duration)

    @property
    def download(self) -> float:
        """Progress of the file download, 0 to 1."""
        if self.phase is not Phase.DOWNLOAD:
            return 1.0
        return 1.0 - self.phase_left / _DOWNLOAD_SECONDS

    @property
    def remaining(self) -> float:
        """Simulated seconds until the print ends; 0 if nothing is printing."""
        if self.task is None or not self.phase.busy:
            return 0.0
        ahead = self.task.duration - self.elapsed
        if self.phase in PREPARING:
            ahead += self.phase_left
        if self.phase is Phase.DOWNLOAD:
            ahead += max(self.nozzle.seconds_to(self.task.nozzle), self.bed.seconds_to(self.task.bed))
        if self.phase in (Phase.DOWNLOAD, Phase.HEAT):
            ahead += _LEVELING_SECONDS
        return ahead

    def start(self, task: Task) -> None:
        """Start a print; raises RuntimeError if another one is running."""
        if self.phase.busy:
            raise RuntimeError("the printer is busy")
        self.task, self.elapsed, self.failure = task, 0.0, None
        self.activity = ""
        self._enter(Phase.DOWNLOAD, _DOWNLOAD_SECONDS)

    def skip_to(self, progress: float) -> None:
        """Set the print to a share of its length, warm and running: for printers that were printing before the start."""
        if self.task is None:
            return
        self.elapsed = self.task.duration * progress
        self._aim(self.task.nozzle, self.task.bed, self.task.chamber)
        self._load_for_task()
        self.nozzle.temp, self.bed.temp = self.nozzle.target, self.bed.target
        self.chamber.temp = max(self.chamber.target, AMBIENT + 9.0)
        self.homed = dict.fromkeys(self.homed, True)
        self._printing_fans()
        self._enter(Phase.PRINT)

    def pause(self) -> bool:
        """Pause the print; returns whether there was one to pause."""
        if self.phase not in (Phase.LEVEL, Phase.PRINT):
            return False
        self._pass_through(Phase.PAUSING, Phase.PAUSED)
        return True

    def resume(self) -> bool:
        """Resume a paused print; returns whether there was one."""
        if self.phase is not Phase.PAUSED or self.task is None:
            return False
        self._aim(self.task.nozzle, self.task.bed, self.task.chamber)
        self._pass_through(Phase.RESUMING, Phase.PRINT)
        return True

    def stop(self) -> bool:
        """Stop the print; returns whether there was one."""
        if not self.phase.busy or self.phase is Phase.CANCELLING:
            return False
        self._end(Phase.CANCELLED)
        return True

    def fail(self, reason: str) -> bool:
        """Fail the print; returns whether there was one."""
        if not self.phase.busy:
            return False
        self.failure = reason
        self._end(Phase.FAILED)
        return True

    def finish(self) -> bool:
        """Finish the print; returns whether there was one."""
        if not self.phase.busy or self.task is None:
            return False
        self.elapsed = self.task.duration
        self._load_for_task()
        self._end(Phase.FINISHED)
        return True

    def connect(self) -> None:
        """Reconnect; some brands report this for a while."""
        if self._vocabulary.connecting is not None:
            self.connecting_left = _CONNECTING_SECONDS
            self.version += 1

    def set_target(self, heater: str, temperature: float) -> None:
        """Set a target in °C of `nozzle`, `bed`, or `chamber`, limited to the model's maximum."""
        limits = {
            "nozzle": self.model.max_nozzle,
            "bed": self.model.max_bed,
            "chamber": 65.0 if self.model.chamber_heater else 0.0,
        }
        part: Heater = getattr(self, heater)
        part.target = min(temperature, limits[heater])
        self.version += 1

    def busy_with(self, activity: str, seconds: float) -> None:
        """Show a task (calibration, filament change) as the stage for a while."""
        self.activity, self.activity_left = activity, seconds
        self.version += 1

    def read_slot(self, ams: int, slot: int) -> None:
        """Make the AMS read a spool's tag again."""
        self.reading, self.reading_left = (ams, slot), _READING_SECONDS
        self.version += 1

    def tray(self, slot: tuple[int, int] | None) -> Tray | None:
        """Return what is in a slot. AMS -1 is the external spool."""
        if slot is None:
            return None
        ams, index = slot
        if ams < 0:
            return self.spool
        if ams < len(self.ams) and 0 <= index < len(self.ams[ams]):
            return self.ams[ams][index]
        return None

    def put_tray(self, slot: tuple[int, int], tray: Tray | None) -> bool:
        """Load a spool into a slot; returns whether the slot exists."""
        ams, index = slot
        if ams < 0:
            if not self.model.external_spool:
                return False
            self.spool = tray
        elif ams < len(self.ams) and 0 <= index < len(self.ams[ams]):
            self.ams[ams][index] = tray
        else:
            return False
        self.version += 1
        return True

    def step(self, seconds: float) -> None:
        """Advance simulated time."""
        if self.reading is not None:
            self.reading_left -= seconds
            if self.reading_left <= 0:
                self.reading = None
                self.version += 1
        if self.connecting_left > 0:
            self.connecting_left -= seconds
            self.version += 1
        if self.activity:
            self.activity_left -= seconds
            if self.activity_left <= 0:
                self.activity = ""
                self.version += 1
        left = seconds
        while left > 0:
            left = self._step_phase(left)

    def _step_phase(self, seconds: float) -> float:
        """Spend time in the current phase, at most to its end; returns the remaining time."""
        match self.phase:
            case phase if phase in TIMED:
                spent = min(seconds, self.phase_left)
                self._warm(spent)
                self.phase_left -= spent
                self.version += 1
                if self.phase_left <= 0:
                    self._next_phase()
                return seconds - spent
            case Phase.PRINT:
                return self._step_print(seconds)
            case _:
                self._warm(seconds)
                return 0.0

    def _step_print(self, seconds: float) -> float:
        task = self.task
        assert task is not None
        end = task.duration if task.fails_at is None else task.duration * task.fails_at
        spent = min(seconds, max(0.0, end - self.elapsed))
        self._warm(spent)
        self.elapsed += spent
        if (tray := self.tray(task.slot)) is not None:
            used = spent / task.duration * task.grams
            tray.remaining = max(0.0, tray.remaining - used / SPOOL_GRAMS * 100)
        self.version += 1
        if self.elapsed < end:
            return 0.0
        if task.fails_at is None:
            self._end(Phase.FINISHED)
        else:
            self.fail("Spaghetti defects were detected")
        return seconds - spent

    def _next_phase(self) -> None:
        assert self.task is not None
        if self.phase in PASSING:
            self._enter(self.following)
        elif self.phase is Phase.DOWNLOAD:
            self._aim(self.task.nozzle, self.task.bed, self.task.chamber)
            # The nozzle waits for the bed, as in the printers' own start code.
            seconds = max(self.nozzle.seconds_to(self.nozzle.target), self.bed.seconds_to(self.bed.target))
            self._enter(Phase.HEAT, seconds)
        elif self.phase is Phase.HEAT:
            self.homed = dict.fromkeys(self.homed, True)
            self._load_for_task()
            self._enter(Phase.LEVEL, _LEVELING_SECONDS)
        else:
            self._printing_fans()
            self._enter(Phase.PRINT)

    def _pass_through(self, passing: Phase, following: Phase) -> None:
        """Enter a phase through another one, if the brand has a word for that."""
        if passing in self._vocabulary.by_phase and self.phase is not passing:
            self.following = following
            self._enter(passing, PASSING_SECONDS)
        else:
            self._enter(following)

    def _enter(self, phase: Phase, seconds: float = 0.0) -> None:
        self.phase, self.phase_left = phase, seconds
        self.version += 1

    def _end(self, phase: Phase) -> None:
        self._aim(0.0, 0.0, 0.0)
        self.fans = dict.fromkeys(self.fans, 0.0)
        if (passing := _LAST_WORDS.get(phase)) is None:
            self._enter(phase)
        else:
            self._pass_through(passing, phase)

    def _aim(self, nozzle: float, bed: float, chamber: float) -> None:
        self.set_target("nozzle", nozzle)
        self.set_target("bed", bed)
        self.set_target("chamber", chamber)

    def _load_for_task(self) -> None:
        if self.task is not None and self.task.slot is not None:
            self.loaded = self.task.slot

    def _printing_fans(self) -> None:
        self.fans = {
            "part": 70.0,
            "aux": 40.0 if self.model.aux_fan else 0.0,
            "chamber": 30.0 if self.model.chamber_fan else 0.0,
        }

    def _warm(self, seconds: float) -> None:
        if seconds <= 0:
            return
        changed = self.nozzle.step(seconds)
        changed = self.bed.step(seconds) or changed
        if self.model.chamber_sensor:
            if not self.model.chamber_heater or not self.chamber.target:
                # An unheated chamber follows the bed.
                aim = AMBIENT + max(0.0, self.bed.temp - AMBIENT) * 0.28
                drift = (aim - self.chamber.temp) * (1 - math.exp(-seconds / _CHAMBER_TAU))
                self.chamber.temp += drift
                changed = changed or abs(drift) > 0.005
            else:
                changed = self.chamber.step(seconds) or changed
        if changed:
            self.version += 1
