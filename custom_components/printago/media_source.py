"""The pictures of the last prints in Home Assistant's media browser; listing them costs no request."""

from collections.abc import Iterable, Iterator, Mapping
from typing import override

from homeassistant.components.media_player.const import MediaClass
from homeassistant.components.media_player.errors import BrowseError
from homeassistant.components.media_source import (
    BrowseMediaSource,
    MediaSource,
    MediaSourceItem,
    PlayMedia,
    Unresolvable,
)
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .const import CONF_STORE_ID, DOMAIN
from .frontend.pictures import picture_path
from .history.past_print import PastPrint
from .hub.devices import async_called
from .model.spelling import distinct
from .runtime import PrintagoConfigEntry

_PRINTER, _PRINT = "printer", "print"
_ANY_PICTURE = "image/png"
"""Of pictures that are not read yet."""


async def async_get_media_source(hass: HomeAssistant) -> PrintPictures:
    """Return the pictures of all stores."""
    return PrintPictures(hass)


class PrintPictures(MediaSource):
    """Stores, and in them printers and the last prints, newest first.

    Identifiers: none, ``<entry>``, ``<entry>/printer/<ID>``, and of a picture ``<entry>/print/<attempt>/<job ID>``.
    """

    name: str = "Printago"

    def __init__(self, hass: HomeAssistant) -> None:
        """Show the stores of Home Assistant."""
        super().__init__(DOMAIN)
        self._hass = hass

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        """Return a folder with what is in it; raises BrowseError. A single store needs no folder of its own."""
        names = self._names
        if not item.identifier and len(names) != 1:
            return _folder("", self.name, [_folder(entry_id, name) for entry_id, name in names.items()])
        entry_id, _, below = (item.identifier or next(iter(names))).partition("/")
        entry = self._loaded(entry_id, BrowseError)
        prints = list(entry.runtime_data.history.past.recent)
        printers = {printer.id: printer.name for printer in entry.runtime_data.coordinator.farm.printers.values()}
        folders: list[BrowseMediaSource] = []
        title = names[entry_id]
        if below:
            kind, _, printer_id = below.partition("/")
            if kind != _PRINTER or printer_id not in printers:
                raise BrowseError(translation_domain=DOMAIN, translation_key="picture_unknown")
            prints = [one for one in prints if one.printer_id == printer_id]
            title = printers[printer_id]
        else:
            of_printers = distinct(printers).items()
            folders = [_folder(f"{entry_id}/{_PRINTER}/{printer_id}", name) for printer_id, name in of_printers]
        words = await async_get_translations(self._hass, self._hass.config.language, "entity", {DOMAIN})
        pictures = list(_pictures(entry, prints, printers, words))
        return _folder(item.identifier, title, folders + pictures, not_shown=len(prints) - len(pictures))

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        """Return the path of a picture; it is read now, for its type. Raises Unresolvable."""
        match item.identifier.split("/", 3):
            case [entry_id, kind, attempt, job_id] if kind == _PRINT:
                entry = self._loaded(entry_id, Unresolvable)
                for one in entry.runtime_data.history.past.recent:
                    if one.job_id == job_id and str(one.attempt) == attempt:
                        return await _async_read(entry, one)
        raise Unresolvable(translation_domain=DOMAIN, translation_key="picture_unknown")

    @property
    def _names(self) -> dict[str, str]:
        """Return the names of the stores by entry; names that several have are followed by the ID of the entry."""
        entries = self._hass.config_entries.async_entries(DOMAIN, include_ignore=False, include_disabled=False)
        return distinct(
            {
                entry.entry_id: async_called(self._hass, entry, entry.data[CONF_STORE_ID], entry.title)
                for entry in entries
            }
        )

    def _loaded(self, entry_id: str, error: type[BrowseError | Unresolvable]) -> PrintagoConfigEntry:
        """Return the entry of a loaded store; raises the error if there is none."""
        if (store := self._names.get(entry_id)) is None:
            raise error(translation_domain=DOMAIN, translation_key="picture_unknown")
        entry: PrintagoConfigEntry = self._hass.config_entries.async_get_known_entry(entry_id)
        if entry.state is not ConfigEntryState.LOADED:
            raise error(
                translation_domain=DOMAIN,
                translation_key="store_not_loaded",
                translation_placeholders={"store": store},
            )
        return entry


async def _async_read(entry: PrintagoConfigEntry, one: PastPrint) -> PlayMedia:
    path, picture = picture_path(entry, one.cover), None
    if path is not None:
        picture = await entry.runtime_data.pictures.async_get(path.rpartition("/")[2])
    if path is None or picture is None:
        raise Unresolvable(translation_domain=DOMAIN, translation_key="picture_not_read")
    return PlayMedia(path, picture.content_type)


def _folder(
    identifier: str, title: str, children: list[BrowseMediaSource] | None = None, not_shown: int = 0
) -> BrowseMediaSource:
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=identifier,
        media_class=MediaClass.DIRECTORY,
        media_content_type="",
        title=title,
        can_play=False,
        can_expand=True,
        children=children,
        children_media_class=MediaClass.IMAGE,
        not_shown=not_shown,
    )


def _pictures(
    entry: PrintagoConfigEntry,
    prints: Iterable[PastPrint],
    printers: Mapping[str, str],
    words: Mapping[str, str],
) -> Iterator[BrowseMediaSource]:
    """Yield the prints that have a picture."""
    results = f"component.{DOMAIN}.entity.sensor.last_print_result.state."
    for one in prints:
        if (path := picture_path(entry, one.cover)) is None:
            continue
        ended_at = dt_util.as_local(one.ended_at).strftime("%Y-%m-%d %H:%M")
        title = (one.part or one.title, printers.get(one.printer_id or ""), words.get(results + one.result), ended_at)
        yield BrowseMediaSource(
            domain=DOMAIN,
            identifier=f"{entry.entry_id}/{_PRINT}/{one.attempt}/{one.job_id}",
            media_class=MediaClass.IMAGE,
            media_content_type=_ANY_PICTURE,
            title=" · ".join(filter(None, title)),
            can_play=True,
            can_expand=False,
            thumbnail=path,
        )
