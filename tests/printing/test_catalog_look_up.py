"""How parts, SKUs, materials and colors are looked up: which requests are sent, what is kept, and for how long."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.printago.api import Listing
from custom_components.printago.api.models.material import Material, MaterialVariant
from custom_components.printago.api.models.product import Part, Sku
from custom_components.printago.api.models.row import rows_of
from custom_components.printago.printing import catalog as catalog_module
from custom_components.printago.printing.catalog import Catalog, called
from tests.support.issues import Clock

BENCHY, CUBE, TWIN, CLIP = (letter * 24 for letter in "abcd")
PARTS: dict[str, dict[str, Any]] = {
    BENCHY: {"name": "Benchy"},
    CUBE: {"name": "Cube"},
    TWIN: {"name": "cube "},
    CLIP: {"name": " "},
}
SKUS: dict[str, dict[str, Any]] = {"s" * 24: {"sku": "SET"}}
MATERIALS = {
    "m1": {"name": "Red PLA", "type": "PLA"},
    "m2": {"name": "PETG", "type": "PETG"},
    "m3": {"name": "Blue PLA", "type": "PLA"},
    "m4": {"name": "Odd", "type": "Abs"},
    "m5": {"name": None, "type": "ABS"},
    "m6": {"name": "No type", "type": None},
    "m7": {"name": None, "type": "None"},
}
VARIANTS = {
    "v1": {"name": "Red", "materialId": "m1"},
    "v2": {"name": "Red", "materialId": "m2"},
    "v3": {"name": "Blue", "materialId": "m3"},
    "v4": {"name": "Blue"},
}


class Cloud:
    """A store's client, whose requests are written down."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.noted: list[Any] = []
        self.knows_filters = True
        self.complete = True
        self.parts = self._list(Part, PARTS, "name")
        self.skus = self._list(Sku, SKUS, "sku")

    def _list(self, kind: Any, rows: Mapping[str, dict[str, Any]], field: str) -> Any:
        async def listed(*, ids: tuple[str, ...] | None = None, name: str | None = None) -> Listing[Any]:
            self.asked.append(ids or name)
            found = {
                key: kind.from_json(key, row)
                for key, row in rows.items()
                if not self.knows_filters
                or ((ids is None or key in ids) and (name is None or row[field].strip().lower() == name.lower()))
            }
            return Listing(found, self.complete)

        return listed

    async def materials(self) -> Any:
        self.asked.append("materials")
        return Listing(rows_of(Material, MATERIALS.items()), complete=True)

    async def material_variants(self, _: Any) -> Any:
        self.asked.append("variants")
        return rows_of(MaterialVariant, VARIANTS.items())

    def take_parts(self, rows: Mapping[str, Any], *, complete: bool) -> None:
        self.noted.append(("parts", [*rows], complete))

    def take_skus(self, rows: Mapping[str, Any], *, complete: bool) -> None:
        self.noted.append(("skus", [*rows], complete))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(catalog_module, "time", SimpleNamespace(monotonic=clock))
    return clock


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def catalog(cloud: Cloud, clock: Clock) -> Catalog:
    return Catalog(cast(Any, cloud), cast(Any, cloud))


async def test_id_exact_name_and_spelling_take_one_two_and_three_requests(cloud: Cloud, catalog: Catalog) -> None:
    for wanted, asked in (
        (BENCHY, [(BENCHY,)]),
        ("Benchy", ["Benchy"]),
        ("benchy", ["benchy", None]),
        (BENCHY, []),
        ("Benchy", []),
        ("benchy", []),
    ):
        cloud.asked.clear()
        assert (await catalog.async_find_part(wanted)).id == BENCHY
        assert cloud.asked == asked, wanted
    assert cloud.noted == [("parts", [*PARTS], True)]
    cloud.complete = False
    assert (await catalog.async_find_sku("set")).name == "SET"
    assert cloud.noted[1:] == [("skus", [*SKUS], False)]


async def test_name_that_could_be_an_id_is_looked_for_as_a_name_as_well(cloud: Cloud, catalog: Catalog) -> None:
    with pytest.raises(ServiceValidationError):
        await catalog.async_find_part("z" * 24)
    assert cloud.asked == [("z" * 24,), "z" * 24, None]


async def test_server_without_filters_does_not_let_the_first_item_be_taken(cloud: Cloud, catalog: Catalog) -> None:
    cloud.knows_filters = False
    assert (await catalog.async_find_part(CUBE)).id == CUBE
    assert (await catalog.async_find_part("Cube")).id == CUBE
    assert (await catalog.async_find_sku("SET")).name == "SET"
    with pytest.raises(ServiceValidationError):
        await catalog.async_find_sku("Benchy")


async def test_what_was_found_is_kept_for_a_minute_or_until_it_changes(
    cloud: Cloud, catalog: Catalog, clock: Clock
) -> None:
    for seconds, asked in ((0, True), (59, False), (1, True), (59, False)):
        clock.now += seconds
        cloud.asked.clear()
        await catalog.async_find_part("Benchy")
        await catalog.async_find_sku("SET")
        await catalog.async_find_material("PETG")
        assert bool(cloud.asked) is asked, seconds
    catalog.forget()
    await catalog.async_find_part("Benchy")
    await catalog.async_find_sku("SET")
    await catalog.async_find_material("PETG")
    assert cloud.asked == ["Benchy", "SET", "materials"]


async def test_at_most_two_hundred_results_are_kept(cloud: Cloud, catalog: Catalog) -> None:
    for number in range(200):
        catalog.async_know_part(Part.from_json(f"{number}", {"name": None}))
    assert (await catalog.async_find_part("0")).id == "0"
    assert cloud.asked == []
    catalog.async_know_part(Part.from_json("200", {"name": None}))
    assert (await catalog.async_find_part("200")).id == "200"
    assert cloud.asked == []
    with pytest.raises(ServiceValidationError):
        await catalog.async_find_part("0")


async def test_new_part_is_known_by_its_id_and_its_name_is_looked_for_again(cloud: Cloud, catalog: Catalog) -> None:
    for name in ("Benchy", "BENCHY", "Cube"):
        await catalog.async_find_part(name)
    cloud.asked.clear()
    catalog.async_know_part(Part.from_json("new", {"name": "benchy"}))
    assert (await catalog.async_find_part("new")).id == "new"
    await catalog.async_find_part("Cube")
    assert cloud.asked == []
    await catalog.async_find_part("Benchy")
    await catalog.async_find_part("BENCHY")
    assert cloud.asked == ["Benchy", "BENCHY", None]


async def failure(finding: Any) -> tuple[str | None, dict[str, str]]:
    with pytest.raises(ServiceValidationError) as refused:
        await finding
    return refused.value.translation_key, dict(refused.value.translation_placeholders or {})


async def test_ambiguous_and_unknown_names_list_candidates(cloud: Cloud, catalog: Catalog) -> None:
    assert await failure(catalog.async_find_part("CUBE")) == (
        "part_ambiguous",
        {"name": "CUBE", "candidates": f"Cube ({CUBE}), cube ({TWIN})"},
    )
    assert await failure(catalog.async_find_part("Bench")) == (
        "part_not_found",
        {"name": "Bench", "candidates": "Benchy"},
    )
    assert await failure(catalog.async_find_part("~")) == ("part_unknown", {"name": "~"})
    assert await failure(catalog.async_find_part("dddd")) == ("part_not_found", {"name": "dddd", "candidates": CLIP})


async def test_at_most_five_candidates_are_listed(cloud: Cloud, catalog: Catalog) -> None:
    for number, more in ((5, False), (6, True)):
        cloud.parts = cloud._list(Part, {f"p{index}": {"name": "Cube"} for index in range(number)}, "name")
        _, placeholders = await failure(catalog.async_find_part("cube"))
        names = [f"Cube (p{index})" for index in range(5)]
        assert placeholders["candidates"] == ", ".join([*names, "…"] if more else names)
        catalog.forget()


@pytest.mark.parametrize(
    ("wanted", "choice"),
    [
        ("m1", {"materialId": "m1"}),
        ("Red PLA", {"materialId": "m1"}),
        ("red pla", {"materialId": "m1"}),
        ("PLA", {"materialType": "PLA"}),
        ("pla", {"materialType": "PLA"}),
        # A name wins over a type.
        ("PETG", {"materialId": "m2"}),
        ("petg", {"materialId": "m2"}),
        ("ABS", {"materialType": "ABS"}),
        ("none", {"materialType": "None"}),
        ("Abs", {"materialType": "Abs"}),
    ],
)
async def test_material_is_named_by_id_then_name_then_type(
    cloud: Cloud, catalog: Catalog, wanted: str, choice: dict[str, str]
) -> None:
    for _ in range(2):
        assert (await catalog.async_find_material(wanted)).as_json() == choice
    assert cloud.asked == ["materials"]


async def test_type_that_is_spelled_in_two_ways_is_ambiguous(catalog: Catalog) -> None:
    assert await failure(catalog.async_find_material("abs")) == (
        "material_ambiguous",
        {"name": "abs", "candidates": "Abs, ABS"},
    )
    assert await failure(catalog.async_find_material("~")) == ("material_unknown", {"name": "~"})


async def test_color_is_looked_for_in_the_material_that_is_named(cloud: Cloud, catalog: Catalog) -> None:
    for wanted, material, found in (
        ("v2", None, "v2"),
        ("red", "m1", "v1"),
        ("red", "PETG", "v2"),
        ("red", "PLA", "v1"),
        ("Blue", "PLA", "v3"),
        ("Blue", "m3", "v3"),
    ):
        choice = None if material is None else await catalog.async_find_material(material)
        assert (await catalog.async_find_variant(wanted, choice)).id == found
    cloud.asked.clear()
    assert (await failure(catalog.async_find_variant("Red")))[0] == "variant_ambiguous"
    assert cloud.asked == ["variants"]
    pla = await catalog.async_find_material("PETG")
    assert (await failure(catalog.async_find_variant("Blue", pla)))[0] == "variant_unknown"


def test_item_without_a_visible_name_is_called_by_its_id() -> None:
    for name, expected in (("A  b ", "A  b"), (None, "id"), ("", "id"), ("\u200b", "id")):
        assert called(Part.from_json("id", {"name": name})) == expected
