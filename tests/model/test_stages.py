"""Stages that printers report are translated where their words are known, and shown as reported elsewhere."""

import json
from pathlib import Path

import pytest

from custom_components.printago.model.stages import stage_of
from virtual_farm.phase import STAGES

ENGLISH = Path(__file__).parents[2] / "custom_components/printago/translations/en.json"


@pytest.mark.parametrize(
    ("reported", "stage"),
    [
        ("Auto bed leveling", "auto_bed_leveling"),
        ("AUTO_BED_LEVELING", "auto_bed_leveling"),
        (" Heatbed  preheating… ", "heatbed_preheating"),
        ("Printing was paused by the user", "paused_user"),
        ("Loading filament", "filament_loading"),
        ("Dancing", "Dancing"),
        ("暂停", "暂停"),
        ("…", "…"),
        (None, None),
    ],
)
def test_known_words_are_a_stage_however_they_are_written(reported: str | None, stage: str | None) -> None:
    assert stage_of(reported) == stage


def test_each_stage_of_a_print_has_a_translation() -> None:
    translated = json.loads(ENGLISH.read_text())["entity"]["sensor"]["stage"]["state"]
    assert {stage_of(words) for words in STAGES.values()} <= translated.keys()
    assert all(stage_of(stage) == stage for stage in translated)
