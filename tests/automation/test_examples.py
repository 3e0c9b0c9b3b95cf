"""The finder of examples: what it does not know how to try fails, so that no example is left out in silence."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.examples import ALL, Example, automations, filled_in, hurried
from tests.support.homes import Home
from tests.support.set_off import set_off


@pytest.mark.parametrize("found", [{"script": {}}, [{"alias": "No trigger"}], "a text", None])
def test_yaml_that_is_no_automation_card_or_call_is_refused(found: Any) -> None:
    with pytest.raises(ValueError, match="nobody knows how to try"):
        list(automations("page.md", found))


def test_automations_are_found_also_in_a_list_and_beside_cards_and_calls() -> None:
    automation = {"alias": "A", "triggers": []}
    found = [*automations("page.md", [automation]), *automations("page.md", automation)]
    assert [example.config for example in found] == [automation, automation]
    assert list(automations("page.md", {"type": "tile"})) == []
    assert list(automations("page.md", {"action": "printago.get_jobs"})) == []


def test_each_example_has_a_name_of_its_own() -> None:
    assert len({example.name for example in ALL}) == len(ALL)


def test_input_that_nobody_knows_how_to_fill_in_fails() -> None:
    blueprint = {"blueprint": {"input": {"shade": {"name": "Shade", "selector": {"color_temp": {}}}}}}
    with pytest.raises(pytest.fail.Exception, match="nobody knows how to fill in shade"):
        filled_in(Example("new.yaml", blueprint), {}, {})


@pytest.mark.parametrize(
    ("conditions", "triggers", "what"),
    [
        ([{"condition": "zone"}], [], "let zone hold"),
        ([], [{"trigger": "sun", "event": "sunset"}], "set off sun"),
    ],
)
async def test_trigger_or_condition_that_nobody_knows_fails(
    conditions: list[Any], triggers: list[Any], what: str
) -> None:
    home: Any = SimpleNamespace(example=Example("new", {}), conditions=conditions, triggers=triggers)
    with pytest.raises(pytest.fail.Exception, match=f"nobody knows how to {what}"):
        await set_off(home)


def test_entity_of_an_unknown_kind_fails() -> None:
    home: Any = SimpleNamespace(example=Example("new", {}))
    with pytest.raises(pytest.fail.Exception, match=r"nobody knows what vacuum\.robot shows"):
        Home.first_state(home, "vacuum.robot")


def test_nothing_has_to_last_for_long() -> None:
    config = {"triggers": [{"for": "01:00:00", "options": {"for": "00:01:00"}}, {"for": {"seconds": 5}}]}
    assert hurried(config) == {
        "triggers": [{"for": "00:05:00", "options": {"for": "00:01:00"}}, {"for": {"seconds": 5}}]
    }
