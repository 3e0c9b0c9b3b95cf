"""The catalog to choose from: read at most every five minutes, with what the key may see."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from custom_components.printago.api import CannotConnectError, Listing, PermissionDeniedError
from custom_components.printago.api.models.product import Part, Sku, SkuOption
from custom_components.printago.printing import catalog_list
from custom_components.printago.printing.catalog_list import CatalogList
from tests.support.issues import Clock

PARTS: dict[str, dict[str, Any]] = {
    "p1": {"name": "Clip", "thumbnailUri": "/clip.png"},
    "p2": {"name": None},
    "p3": {"name": "Hook", "thumbnailUri": ""},
}
SKUS: dict[str, dict[str, Any]] = {
    "s1": {"sku": "SET", "title": "Desk set", "linkedParts": [{"partId": "p3"}, {"partId": "p1"}, {"partId": "gone"}]},
    "s2": {"sku": None, "title": "Hook", "linkedParts": [{"partId": "p3"}]},
}


class Cloud:
    """A store's catalog, which counts how often it is read."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.error: dict[str, Exception] = {}
        self.complete = True
        self.noted: dict[str, Any] = {}
        self.products = SimpleNamespace(
            newest_parts=self._newest("parts", Part, PARTS),
            newest_skus=self._newest("skus", Sku, SKUS),
            sku_options=self._options,
        )

    def _newest(self, name: str, kind: Any, rows: dict[str, dict[str, Any]]) -> Callable[..., Any]:
        async def newest(accept: Callable[[Any], bool], most: int) -> Listing[Any]:
            self.read.append(name)
            if name in self.error:
                raise self.error[name]
            records = {key: kind.from_json(key, row) for key, row in rows.items()}
            assert all(map(accept, records.values()))
            assert most == 1000
            return Listing(records, self.complete)

        return newest

    async def _options(self) -> dict[str, list[SkuOption]]:
        self.read.append("options")
        return {"s1": [SkuOption("Color", ("Red",), False)]}

    def take_parts(self, rows: dict[str, Any], *, complete: bool) -> None:
        self.noted["parts"] = (set(rows), complete)

    def take_skus(self, rows: dict[str, Any], *, complete: bool) -> None:
        self.noted["skus"] = (set(rows), complete)


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(catalog_list, "time", SimpleNamespace(monotonic=clock))
    return clock


@pytest.fixture
def catalog(cloud: Cloud, clock: Clock) -> CatalogList:
    return CatalogList(cast(Any, cloud), cast(Any, cloud))


async def test_items_have_names_pictures_and_what_else_is_known(cloud: Cloud, catalog: CatalogList) -> None:
    page = await catalog.async_find("", 10)
    assert [(item.kind, item.id, item.name, item.about) for item in page.items] == [
        ("sku", "s1", "SET", "Desk set, Hook, Clip"),
        ("sku", "s2", "s2", "Hook"),
        ("part", "p1", "Clip", ""),
        ("part", "p2", "p2", ""),
        ("part", "p3", "Hook", ""),
    ]
    assert (page.total, page.complete) == (5, True)
    assert cloud.noted == {"parts": ({"p1", "p2", "p3"}, True), "skus": ({"s1", "s2"}, True)}
    pictures = {item.id: item.picture for item in page.items}
    assert pictures == {"s1": "/clip.png", "s2": None, "p1": "/clip.png", "p2": None, "p3": None}


async def test_search_looks_at_names_titles_and_parts(catalog: CatalogList) -> None:
    page = await catalog.async_find(" HOOK ", 2)
    assert [item.id for item in page.items] == ["s1", "s2"]
    assert page.total == 3
    assert (await catalog.async_find("nothing", 2)).items == ()


async def test_catalog_and_options_are_read_again_after_five_minutes(
    cloud: Cloud, catalog: CatalogList, clock: Clock
) -> None:
    for seconds, reads in ((0, 1), (300, 1), (1, 2)):
        clock.now += seconds
        await catalog.async_find("", 1)
        assert (await catalog.async_options("s1"))[0].name == "Color"
        assert await catalog.async_options("s2") == []
        assert sorted(cloud.read) == sorted(["parts", "skus", "options"] * reads)


@pytest.mark.parametrize(("denied", "left"), [("parts", ["s1", "s2"]), ("skus", ["p1", "p2", "p3"])])
async def test_key_that_may_see_one_kind_gets_that_kind(
    cloud: Cloud, catalog: CatalogList, denied: str, left: list[str]
) -> None:
    cloud.error = {denied: PermissionDeniedError("no")}
    page = await catalog.async_find("", 10)
    assert [item.id for item in page.items] == left
    assert not page.complete
    assert denied not in cloud.noted


async def test_key_that_may_see_nothing_is_an_error_and_asked_for_again(cloud: Cloud, catalog: CatalogList) -> None:
    cloud.error = {"parts": PermissionDeniedError("no"), "skus": PermissionDeniedError("no")}
    for _ in range(2):
        with pytest.raises(PermissionDeniedError):
            await catalog.async_find("", 10)
    assert len(cloud.read) == 4


async def test_outage_keeps_nothing_half_read(cloud: Cloud, catalog: CatalogList) -> None:
    cloud.error = {"skus": CannotConnectError("down")}
    with pytest.raises(CannotConnectError):
        await catalog.async_find("", 10)
    cloud.error, cloud.complete = {}, False
    page = await catalog.async_find("", 10)
    assert (page.total, page.complete) == (5, False)
