"""The finder of examples: an example that it can't test fails, so that none is skipped silently."""

from typing import Any

import pytest

from tests.support.example_home import Automation, first_state
from tests.support.examples import ALL, Example, automations, filled_in, hurried
from tests.support.fire_triggers import fire_triggers


@pytest.mark.parametrize("found", [{"script": {}}, [{"alias": "No trigger"}], "a text", None])
def test_yaml_other_than_automation_card_or_call_is_refused(found: Any) -> None:
    with pytest.raises(ValueError, match="no test for this example"):
        list(automations("page.md", found))


def test_automations_are_found_in_lists_and_beside_cards_and_calls() -> None:
    automation = {"alias": "A", "triggers": []}
    found = [*automations("page.md", [automation]), *automations("page.md", automation)]
    assert [example.config for example in found] == [automation, automation]
    assert list(automations("page.md", {"type": "tile"})) == []
    assert list(automations("page.md", {"action": "printago.get_jobs"})) == []


def test_each_example_has_a_unique_name() -> None:
    assert len({example.name for example in ALL}) == len(ALL)


def test_unknown_input_fails() -> None:
    blueprint = {"blueprint": {"input": {"shade": {"name": "Shade", "selector": {"color_temp": {}}}}}}
    with pytest.raises(pytest.fail.Exception, match="no value is defined for the input shade"):
        filled_in(Example("new.yaml", blueprint), {}, {})


@pytest.mark.parametrize(
    ("conditions", "triggers", "what"),
    [
        ([{"condition": "zone"}], [], "unknown condition zone"),
        ([], [{"trigger": "sun", "event": "sunset"}], "unknown trigger sun"),
    ],
)
async def test_unknown_trigger_or_condition_fails(conditions: list[Any], triggers: list[Any], what: str) -> None:
    automation = Automation(Example("new", {}))
    automation.config = {"conditions": conditions, "triggers": triggers}
    home: Any = None
    with pytest.raises(pytest.fail.Exception, match=what):
        await fire_triggers(home, automation)


def test_entity_of_an_unknown_kind_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"no first state is defined for vacuum\.robot"):
        first_state("vacuum.robot")


def test_example_without_a_duration_needs_none() -> None:
    config = {"triggers": [{"for": "01:00:00", "options": {"for": "00:01:00"}}, {"for": {"seconds": 5}}]}
    assert hurried(config) == {
        "triggers": [{"for": "00:05:00", "options": {"for": "00:01:00"}}, {"for": {"seconds": 5}}]
    }
