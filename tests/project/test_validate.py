"""script/validate reports each kind of mistake, tested on a copy of the project with that mistake."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import lru_cache
import json
from pathlib import Path
import shutil
from typing import Any
from unittest.mock import patch

import pytest

from script.validation import wording
from script.validation.__main__ import facts_of, problems
from script.validation.facts import Facts
from script.validation.project import Project
from script.validation.wording import check as wording_problems

ROOT = Path(__file__).parents[2]
PACKAGE = "custom_components/printago"
EN, DE = f"{PACKAGE}/translations/en.json", f"{PACKAGE}/translations/de.json"
ICONS, MANIFEST, HACS = f"{PACKAGE}/icons.json", f"{PACKAGE}/manifest.json", "hacs.json"
SERVICES, SCALE = f"{PACKAGE}/services.yaml", f"{PACKAGE}/quality_scale.yaml"
GONE = object()

type Break = Callable[[Path], None]


def put(file: str, path: str, value: Any = GONE) -> Break:
    """Return a function that sets a value of a JSON file, or removes it."""

    def do(root: Path) -> None:
        tree = branch = json.loads((root / file).read_text())
        *above, last = path.split(".")
        for key in above:
            branch = branch.setdefault(key, {})
        if value is GONE:
            del branch[last]
        else:
            branch[last] = value
        (root / file).write_text(json.dumps(tree))

    return do


def swap(file: str, old: str, new: str) -> Break:
    """Return a function that replaces a text in a file."""

    def do(root: Path) -> None:
        text = (root / file).read_text()
        assert old in text
        (root / file).write_text(text.replace(old, new, 1))

    return do


def drop(file: str) -> Break:
    """Return a function that removes a file."""
    return lambda root: (root / file).unlink()


def write(file: str, text: str) -> Break:
    """Return a function that writes a file."""

    def do(root: Path) -> None:
        (root / file).write_text(text)

    return do


@pytest.fixture(scope="module", autouse=True)
def unchanged_text_is_checked_once() -> Iterator[None]:
    """Remember the words to avoid of each text: a copy differs from the others in one."""
    with ExitStack() as remembering:
        for name in ("_avoided", "_wording"):
            remembering.enter_context(patch.object(wording, name, lru_cache(None)(getattr(wording, name))))
        yield


@pytest.fixture(scope="module")
def facts() -> Facts:
    """Return what the code of the project needs."""
    return facts_of(ROOT / PACKAGE)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory, facts: Facts) -> set[str]:
    """Return the problems of an unchanged copy."""
    return problems_of(copied(tmp_path_factory.mktemp("intact")), facts)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the project."""
    return copied(tmp_path)


def copied(tmp_path: Path) -> Path:
    """Copy the package and its metadata, and link the rest; its German is English."""
    shutil.copytree(
        ROOT / PACKAGE, tmp_path / PACKAGE, ignore=shutil.ignore_patterns("__pycache__", ".mypy_cache", "translations")
    )
    shutil.copytree(ROOT / "frontend/src", tmp_path / "frontend/src")
    (tmp_path / PACKAGE / "translations").mkdir()
    for target in (EN, DE):
        shutil.copy(ROOT / EN, tmp_path / target)
    for name in (HACS, "pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("docs", "tests", "script", ".venv", ".venv-ha", ".venv-oldest"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def problems_of(root: Path, facts: Facts) -> set[str]:
    """Return all problems of a copy."""
    return set(problems(Project(root), facts))


@pytest.mark.parametrize(
    ("break_it", "problem"),
    [
        # The manifest, HACS and versions
        (drop(MANIFEST), "manifest.json is missing"),
        (write(MANIFEST, "{"), "manifest.json cannot be read"),
        (put(MANIFEST, "iot_class", "cloud_polling"), "iot_class has to be 'cloud_push', not 'cloud_polling'"),
        (put(MANIFEST, "connectivity"), "connectivity has to be ['cloud'], not None"),
        (put(MANIFEST, "colour", "red"), "colour is no known key"),
        (put(MANIFEST, "codeowners", []), "codeowners have to name a GitHub account"),
        (put(MANIFEST, "loggers", ["b", "a"]), "loggers has to be in alphabetical order"),
        (put(MANIFEST, "version", "new"), "version has to be like 1.2.3, not 'new'"),
        (put(MANIFEST, "after_dependencies", ["http"]), "imports the component media_source"),
        (put(MANIFEST, "dependencies", ["mqtt"]), "depends on the component mqtt, which no module imports"),
        (put(MANIFEST, "requirements", ["aiomqtt==2.4.0"]), "aiomqtt==2.4.0 does not fit Home Assistant's aiomqtt"),
        (put(MANIFEST, "requirements", ["aiomqtt>=2.5"]), "aiomqtt>=2.5 has to be pinned with =="),
        (swap(MANIFEST, '"domain": "printago",\n  "name": "Printago"', '"name": "Printago",\n  "domain": "printago"'),
         "keys have to stand in order"),
        (put(HACS, "filename", "other.zip"), "filename printago.zip, which script/release builds"),
        (put(HACS, "colour", "red"), "hacs.json: colour is no key that HACS knows"),
        (put(HACS, "homeassistant", "2026.9.0"), "README.md has to demand Home Assistant 2026.9 or newer"),
        (put(HACS, "homeassistant", "2026.9.0"), "no test environment of pyproject.toml has it"),
        (swap("pyproject.toml", 'version = "', 'version = "9'), "pyproject.toml has version 9"),
        (write("CHANGELOG.md", ""), "CHANGELOG.md has no section of version"),
        # The quality scale
        (swap(SCALE, "  devices:", "  gadgets:"), "quality_scale.yaml lacks the rule devices"),
        (swap(SCALE, "  devices:", "  gadgets:"), "there is no rule gadgets"),
        (swap(SCALE, "status: done", "status: todo"), "action-setup is todo, neither done nor exempt"),
        (swap(SCALE, "docs/limitations.md", "docs/nowhere.md"), "names docs/nowhere.md, which is not there"),
        (swap(SCALE, "test_same_store_is", "test_no_store_is"), "names test_no_store_is_not_added_twice"),
        # Brand
        (drop(f"{PACKAGE}/brand/icon.png"), "brand/icon.png is missing"),
        (lambda root: shutil.copy(root / PACKAGE / "brand/icon.png", root / PACKAGE / "brand/icon@2x.png"),
         "brand/icon@2x.png has to be 512 pixels wide and high, not 256 by 256"),
        # Words
        (put(EN, "config.step.user.data.api_key"), "lacks config.step.user.data.api_key"),
        (put(EN, "config.step.user.sections.server.data.api_url"), "lacks config.step.user.sections.server.data.api_url"),
        (put(EN, "config.error.forbidden"), "lacks config.error.forbidden"),
        (put(EN, "config.abort.wrong_store"), "lacks config.abort.wrong_store"),
        (put(EN, "config.error.other", "x"), "has config.error.other, which nothing uses"),
        (put(EN, "options.step.init.title", "x"), "has options.step.init.title, which nothing uses"),
        (put(EN, "config_subentries.saved_print.step.user.data.tags"), "lacks config_subentries.saved_print.step.user.data.tags"),
        (put(EN, "config_subentries.saved_print.abort.forbidden"), "lacks config_subentries.saved_print.abort.forbidden"),
        (put(EN, "entity.sensor.stage.name"), "lacks entity.sensor.stage.name"),
        (put(EN, "entity.sensor.readiness.state.busy"), "lacks entity.sensor.readiness.state.busy"),
        (put(EN, "entity.sensor.readiness.state.bored", "Bored"), "has entity.sensor.readiness.state.bored, which nothing"),
        (put(EN, "entity.sensor.gone.name", "Gone"), "has entity.sensor.gone.name, which nothing uses"),
        (put(EN, "entity.sensor.bed_temp.unit_of_measurement", "K"), "has entity.sensor.bed_temp.unit_of_measurement"),
        (put(EN, "entity.sensor.current_job.state_attributes.colour.name", "x"), "current_job.state_attributes.colour.name"),
        (put(EN, "entity.event.job.state_attributes.event_type.state.job_failed"), "event_type.state.job_failed"),
        (put(EN, "entity.sensor.ams_tray.name", "AMS {ams}"), "entity.sensor.ams_tray.name has the placeholders ['ams']"),
        (put(EN, "exceptions.no_filter"), "lacks exceptions.no_filter.message"),
        (put(EN, "exceptions.sku_not_found"), "lacks exceptions.sku_not_found.message"),
        (put(EN, "exceptions.other.message", "x"), "has exceptions.other.message, which nothing uses"),
        (put(EN, "exceptions.not_a_printer.message", "{device} {colour}"), "exceptions.not_a_printer is not given colour"),
        (put(EN, "issues.saved_print_gone.title"), "lacks issues.saved_print_gone.title"),
        (put(EN, "issues.other.title", "x"), "has issues.other.title, which nothing uses"),
        (put(EN, "issues.missing_permission.description", "x"), "issues.missing_permission has to have no description"),
        (put(EN, "issues.saved_print_gone.fix_flow.step.choose.data.thing"), "fix_flow.step.choose.data.thing"),
        (put(EN, "services.explain_job.name"), "lacks services.explain_job.name"),
        (put(EN, "services.submit_print_job.fields.part.description"), "submit_print_job.fields.part.description"),
        (put(EN, "services.submit_print_job.sections.more"), "lacks services.submit_print_job.sections.more.name"),
        (put(EN, "selector.priority.options.low"), "lacks selector.priority.options.low"),
        (put(EN, "selector.priority.options.lowest", "x"), "has selector.priority.options.lowest, which nothing uses"),
        (put(EN, "triggers.queue_empty.fields.for.name"), "lacks triggers.queue_empty.fields.for.name"),
        (put(EN, "conditions.printing.description"), "lacks conditions.printing.description"),
        (put(EN, "system_health.info.rest"), "lacks system_health.info.rest"),
        (put(EN, "common.colour", "x"), "has common.colour, which nothing uses"),
        (put(EN, "common.card_undo"), "lacks common.card_undo"),
        (put(EN, "common.card_redo", "x"), "has common.card_redo, which nothing uses"),
        # Languages
        (drop(DE), "translations/de.json is missing"),
        (write(f"{PACKAGE}/translations/tlh.json", "{}"), "translations/tlh.json is no language"),
        (put(DE, "config.error.forbidden"), "de.json lacks config.error.forbidden"),
        (put(DE, "config.error.other", "x"), "de.json has config.error.other, which English has not"),
        (put(DE, "exceptions.not_a_printer.message", "{gerät}"), "de.json has the placeholders ['gerät'] in exceptions"),
        (put(DE, "title", " "), "de.json: title is empty"),
        (put(DE, "config.error.unknown", "<b>x</b>"), "de.json: config.error.unknown contains HTML"),
        (put(DE, "config.error.unknown", "'{x}'"), "config.error.unknown has a placeholder between single quotes"),
        # Wording
        (put(EN, "config.error.unknown", "The colour is wrong."), "unknown has a British spelling: colour"),
        (put(EN, "config.error.unknown", "Cancelled."), "unknown has a British spelling: Cancelled"),
        (put(EN, "config.error.unknown", "It is told."), "unknown says 'told', for which there is a plain term"),
        (put(EN, "config.error.unknown", "The key may not read."), "unknown says 'may not', for which there is"),
        (put(EN, "config.error.unknown", "Printago's key."), "en.json: config.error.unknown has a straight quote"),
        (put(DE, "config.error.unknown", "\u201cx\u201d"), "de.json: config.error.unknown has the quotes of another language: \u201d"),
        (write("README.md", "One.\nIts behaviour."), "README.md:2 has a British spelling: behaviour"),
        (write("README.md", "It\u2019s."), "README.md:1 has a curled quote"),
        # Icons
        (put(ICONS, "entity.sensor.stage"), "icons.json lacks entity.sensor.stage.default"),
        (put(ICONS, "entity.sensor.gone.default", "mdi:fan"), "icons.json has entity.sensor.gone.default, which nothing"),
        (put(ICONS, "entity.sensor.readiness.state.bored", "mdi:fan"), "icons.json has entity.sensor.readiness.state.bored"),
        (put(ICONS, "entity.switch.enabled.state.on", "mdi:printer-3d"), "enabled.state.on is the same as the default"),
        (put(ICONS, "entity.sensor.stage.default", "fan"), "is no icon of Material Design Icons: fan"),
        (put(ICONS, "services.get_jobs"), "icons.json lacks services.get_jobs.service"),
        (put(ICONS, "triggers.print_failed"), "icons.json lacks triggers.print_failed.trigger"),
        (put(ICONS, "conditions.printing"), "icons.json lacks conditions.printing.condition"),
        # Actions, triggers and conditions
        (swap(SERVICES, "explain_job:", "explain_jobs:"), "services.yaml lacks explain_job"),
        (swap(SERVICES, "explain_job:", "explain_jobs:"), "services.yaml has explain_jobs, which is no action"),
        (swap(SERVICES, "    sku:", "    skus:"), "submit_print_job lacks the field sku"),
        (swap(SERVICES, "    sku:", "    skus:"), "submit_print_job has the field skus, which the action does not take"),
        (swap(SERVICES, "    sku:", "    sku:\n      required: true"), "submit_print_job.sku has to be not required"),
        (swap(f"{PACKAGE}/triggers.yaml", "queue_empty:", "queue_full:"), "triggers.yaml lacks queue_empty"),
        (swap(f"{PACKAGE}/conditions.yaml", "\nprinting:", "\npainting:"), "conditions.yaml has painting, which does not"),
    ],
)  # fmt: skip
def test_mistake_is_reported(copy: Path, facts: Facts, known: set[str], break_it: Break, problem: str) -> None:
    assert not any(problem in each for each in known)

    break_it(copy)

    assert any(problem in each for each in problems_of(copy, facts))


def test_untranslated_text_in_code_is_reported(copy: Path) -> None:
    package = copy / PACKAGE
    for file, old, new in (
        ("sensor/__init__.py", "PARALLEL_UPDATES = 0", ""),
        ("sensor/printer_sensor.py", 'key="task_name"', 'key="new_sensor"'),
        ("event.py", '"order_closed"', '"order_reopened"'),
        ("printing/printer_calls.py", 'action_error("no_bed_to_clear")', 'action_error("no_bed_at_all")'),
        ("services/helpers.py", "device=called", "gadget=called"),
        ("services/change_jobs.py", 'action_error("nothing_to_change")', 'action_error("nothing_given")'),
        (
            "errors.py",
            "    return ConfigEntryError(",
            '    raise ConfigEntryError("Broken")\n    return ConfigEntryError(',
        ),
        ("printing/catalog.py", 'f"{kind}_ambiguous"', "listing.key"),
        ("config_flow.py", 'reason="wrong_store"', 'reason="other_store"'),
        ("printing/saved_prints.py", 'ISSUE = "saved_print_gone"', 'ISSUE = "saved_print_lost"'),
        ("issues/stream.py", 'help_anchor="realtime-is-unreachable"', 'help_anchor="realtime-is-shy"'),
        ("system_health.py", '"stores": stores', '"shops": stores'),
        ("trigger/__init__.py", '"queue_empty": ', '"queue_full": '),
        ("__init__.py", "\nfrom functools", "\nimport homeassistant.components.mqtt\nfrom functools"),
    ):
        swap(f"{PACKAGE}/{file}", old, new)(copy)

    found = "\n".join(problems_of(copy, facts_of(package)))

    for problem in (
        "sensor does not set PARALLEL_UPDATES",
        "en.json lacks entity.sensor.new_sensor.name",
        "en.json has entity.sensor.task_name.name, which nothing uses",
        "icons.json lacks entity.sensor.new_sensor.default",
        "en.json lacks entity.event.order.state_attributes.event_type.state.order_reopened",
        "en.json lacks exceptions.no_bed_at_all.message",
        "en.json has exceptions.nothing_to_change.message, which nothing uses",
        "exceptions.not_a_printer is not given device",
        "en.json lacks exceptions.nothing_given.message",
        "ConfigEntryError has no translated message",
        "which translation_key this is is not clear from",
        "en.json lacks config.abort.other_store",
        "en.json lacks issues.saved_print_lost.title",
        "docs/troubleshooting.md has no heading for realtime",
        "en.json lacks system_health.info.shops",
        "en.json lacks triggers.queue_full.name",
        "triggers.yaml lacks queue_full",
        "icons.json lacks triggers.queue_full.trigger",
        "imports the component mqtt, on which manifest.json does not depend",
    ):
        assert problem in found


def test_words_to_avoid_in_code_are_reported_by_line(tmp_path: Path) -> None:
    (tmp_path / "script").mkdir()
    (tmp_path / "script" / "one.py").write_text(
        'def untold_parts():\n    """Return what was told."""\n\n\nnow = "state"  # nobody heard it\nHeardEvent = f"{now} wish"\n'
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_one.py").write_text("def test_alert_is_told():\n    assert smallest, holds\n")
    assert sorted(problem for problem in wording_problems(Project(tmp_path)) if ".py" in problem) == [
        "script/one.py:1 says untold",
        "script/one.py:2 says told",
        "script/one.py:5 says heard",
        "script/one.py:6 says heard, wish",
        "tests/test_one.py:1 says told",
    ]


def test_code_spans_and_american_words_pass(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(
        "Use `cancelled` to exercise it. Otherwise, it comprises raised noise and 24 meters.\n"
    )
    problems_of_page = [problem for problem in wording_problems(Project(tmp_path)) if problem.startswith("README.md")]
    assert problems_of_page == []
