"""The build that is sent for the fields of a print, and what is known of its jobs in advance."""

from types import SimpleNamespace
from typing import Any, cast

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.printago.api.models.job_material import MaterialChoice
from custom_components.printago.printing.action_fields import checked
from custom_components.printago.printing.request import PRINT_SCHEMA, PrintRequest, async_print_request, required_tags


class Catalog:
    """Finds everything, by its name as its ID."""

    def __init__(self) -> None:
        self.kind = "stl"
        self.parameters: tuple[str, ...] = ()
        self.part_ids: tuple[str, ...] = ("one", "two")
        self.of_material: list[Any] = []

    async def async_find_part(self, wanted: str) -> Any:
        return SimpleNamespace(id=wanted, kind=self.kind, parameters=self.parameters)

    async def async_find_sku(self, wanted: str) -> Any:
        return SimpleNamespace(id=wanted, part_ids=[*self.part_ids])

    async def async_find_material(self, wanted: str) -> MaterialChoice:
        return MaterialChoice(material_id=wanted)

    async def async_find_variant(self, wanted: str, material: MaterialChoice | None) -> Any:
        self.of_material.append(material)
        return SimpleNamespace(id=wanted)


@pytest.fixture
def catalog() -> Catalog:
    return Catalog()


async def request_of(catalog: Catalog, tags: dict[str, str] | None = None, **fields: Any) -> PrintRequest:
    return await async_print_request(cast(Any, catalog), checked(PRINT_SCHEMA, fields), tags or {})


USUAL = {"quantity": 1, "priority": 100, "position": "back"}


async def test_part_is_sent_with_all_that_is_given_and_nothing_else(catalog: Catalog) -> None:
    request = await request_of(catalog, part="p")
    assert request.build == {"parts": [{"partId": "p", **USUAL}]}
    assert (request.item, request.part_builds, request.quantity, request.label) == (("part", "p"), 1, 1, None)
    request = await request_of(
        catalog,
        {"user.tags": "a"},
        part="p",
        quantity=3,
        priority="low",
        position="front",
        label="Rush",
        material="m",
        parameters={"text": "Ada"},
    )
    assert request.build["parts"][0] == {
        "partId": "p",
        "quantity": 3,
        "priority": 1000,
        "position": "front",
        "tags": {"user.tags": "a"},
        "label": "Rush",
        "parameters": {"text": "Ada"},
        "materials": {"0": [{"materialId": "m"}]},
    }
    assert (request.quantity, request.label, request.tags) == (3, "Rush", {"user.tags": "a"})


async def test_color_replaces_the_material_in_which_it_is_looked_for(catalog: Catalog) -> None:
    for fields in ({"variant": "v"}, {"variant": "v", "material": "m"}):
        request = await request_of(catalog, part="p", **fields)
        assert request.build["parts"][0]["materials"] == {"0": [{"variantId": "v"}]}
    assert catalog.of_material == [None, MaterialChoice(material_id="m")]


@pytest.mark.parametrize(
    ("kind", "plates", "known"),
    [("stl", None, True), ("stl", {}, True), ("stl", {"1": 1}, False), ("3mf", None, False), ("gcode3mf", None, False)],
)
async def test_number_of_jobs_is_known_unless_the_part_has_plates(
    catalog: Catalog, kind: str, plates: dict[str, int] | None, known: bool
) -> None:
    catalog.kind = kind
    fields = {} if plates is None else {"plates": plates}
    request = await request_of(catalog, part="p", quantity=2, **fields)
    assert request.quantity == (2 if known else None)


async def test_sku_is_sent_with_settings_for_each_of_its_parts(catalog: Catalog) -> None:
    request = await request_of(catalog, sku="s", label="Rush", options={"Color": "Red"}, quantity=2)
    (sku,) = request.build["skus"]
    assert sku == {
        "skuId": "s",
        **USUAL,
        "quantity": 2,
        "linkedPartConfigs": {"one": {"label": "Rush"}, "two": {"label": "Rush"}},
        "options": [{"name": "Color", "value": "Red"}],
    }
    assert (request.item, request.part_builds, request.quantity, request.label) == (("sku", "s"), 2, None, "Rush")


async def test_sku_without_parts_is_sent_without_settings_only(catalog: Catalog) -> None:
    catalog.part_ids = ()
    assert (await request_of(catalog, sku="s")).part_builds == 1
    with pytest.raises(ServiceValidationError) as refused:
        await request_of(catalog, sku="s", label="Rush")
    assert refused.value.translation_key == "sku_without_parts"
    assert refused.value.translation_placeholders == {"name": "s"}


async def test_options_belong_to_an_sku(catalog: Catalog) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await request_of(catalog, part="p", options={"Color": "Red"})
    assert refused.value.translation_key == "options_without_sku"
    assert (await request_of(catalog, part="p", options={})).part_id == "p"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"text": "a"}, {"Text": "a"}),
        ({"TEXT": "a", "more": 1}, {"Text": "a", "more": 1}),
        ({"HEIGHT": 1}, {"HEIGHT": 1}),
        ({"Height": 1}, {"Height": 1}),
        # Two spellings of one.
        ({"text": "a", "TEXT": "b"}, {"text": "a", "TEXT": "b"}),
    ],
)
async def test_parameters_are_sent_by_the_names_of_the_part(
    catalog: Catalog, given: dict[str, Any], sent: dict[str, Any]
) -> None:
    catalog.parameters = ("Text", "Height", "height")
    request = await request_of(catalog, part="p", parameters=given)
    assert request.build["parts"][0]["parameters"] == sent


def test_tags_are_those_of_printers_in_any_spelling() -> None:
    printers = {
        key: SimpleNamespace(record=SimpleNamespace(tags=tags))
        for key, tags in {"1": ["Rack", "A"], "2": ["a"]}.items()
    }
    farm: Any = SimpleNamespace(farm=SimpleNamespace(printers=printers))
    for tags, printer_id, required in (
        ([], None, {}),
        ([], "p", {"printer.id": "p"}),
        (["rack"], None, {"user.tags": "Rack"}),
        (["rack", "A", "a", "other"], "p", {"user.tags": "Rack|A|a|other", "printer.id": "p"}),
    ):
        assert required_tags(farm, tags, printer_id) == required
    with pytest.raises(ServiceValidationError) as refused:
        required_tags(farm, ["\uff21"], None)
    assert refused.value.translation_key == "tag_ambiguous"
    assert refused.value.translation_placeholders == {"name": "\uff21", "candidates": "A, a"}
