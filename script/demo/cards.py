"""Uses the cards in a dashboard that was made by hand, and the forms of cards and dashboard."""

import json
from typing import Any

from .accessibility import require_no_barriers
from .check import Check
from .dashboard import PATH, save_dashboard
from .layout import require_fits
from .processes import ROOT, DemoError

_BY_HAND = "by-hand"
_PHONE = 390
_TEXTS = ROOT / "custom_components" / "printago" / "translations" / "en.json"
_CONTENT = {
    "printer": "printago-printer .ring",
    "printers": "printago-printers .tile",
    "farm": "printago-farm .count",
    "beds": "printago-beds li",
    "queue": "printago-queue printago-job",
    "orders": "printago-orders li",
    "print": "printago-print li",
    "history": "printago-history .past",
    "spools": "printago-spools .tray",
}
"""By card, what it only has when it shows what it is for."""
# What moves, or would if it changed: in our own shadow roots, not in those of Home Assistant's elements.
_MOVING = """() => {
  const moving = new Set();
  const seconds = (times) => Math.max(...times.split(',').map(parseFloat));
  const look = (node) => {
    for (const part of ['', '::before', '::after', '::backdrop']) {
      const style = getComputedStyle(node, part || null);
      const changes = style.transitionProperty !== 'none' && seconds(style.transitionDuration) > 0;
      const name = `${node.getRootNode().host?.localName} ${node.localName}.${node.classList}${part}`;
      if (changes || style.animationName !== 'none') moving.add(name);
    }
    if (node.getAnimations().length) moving.add(`${node.localName}.${node.classList}`);
    const own = node.localName.startsWith('printago-') ? node.shadowRoot?.children : [];
    for (const child of [...(own ?? []), ...node.children]) look(child);
  };
  const find = (root) => {
    for (const node of root.querySelectorAll('*')) {
      if (node.localName.startsWith('printago-')) look(node);
      else if (node.shadowRoot) find(node.shadowRoot);
    }
  };
  find(document);
  return [...moving];
}"""


async def cards_work(check: Check, page: Any) -> None:
    """Use every card, its form and that of the dashboard as an administrator; raises DemoError for what fails."""
    cards = _Cards(check, page)
    await cards.show_what_they_are_for()
    await cards.keep_still()
    await cards.tell_what_an_order_took()
    await cards.can_be_picked()
    await cards.can_be_set_up()
    await cards.confirm_a_bed()
    await cards.group_the_dashboard()


class _Cards:
    """What is done with the cards, one method each, in this order; all raise DemoError."""

    def __init__(self, check: Check, page: Any) -> None:
        self._check = check
        self._farm = check.demo.farm
        self._home_assistant = check.demo.home_assistant
        self._page = page
        self._printer: dict[str, Any] = {}

    async def show_what_they_are_for(self) -> None:
        """Put every card on a dashboard, and look at them on a desktop and on a phone, also as narrow as they can be."""
        page = self._page
        self._printer = await self._with_a_bed_to_clear()
        devices = await self._home_assistant.devices()
        options = {"printer": {"device_id": devices[self._printer["id"]]}}
        cards = [{"type": f"custom:printago-{name}-card", **options.get(name, {})} for name in _CONTENT]
        # Home Assistant makes a card wider that can't be as narrow as this.
        narrow = [{**card, "grid_options": {"columns": 1}} for card in cards]
        views = [
            {
                "title": path,
                "path": path,
                "type": "sections",
                "sections": [{"type": "grid", "cards": [card]} for card in those],
            }
            for path, those in (("cards", cards), ("narrow", narrow))
        ]
        await save_dashboard(self._check.demo, _BY_HAND, "By hand", {"views": views})
        desktop = page.viewport_size
        for path, what in (("narrow", "a dashboard of the narrowest cards"), ("cards", "a dashboard of all cards")):
            await self._open(f"{_BY_HAND}/{path}", *_CONTENT.values())
            await require_fits(page, what)
        for width in (_PHONE, desktop["width"]):
            await page.set_viewport_size({"width": width, "height": desktop["height"]})
            await require_no_barriers(page, f"a dashboard of all cards on a screen of {width} pixels")

    async def keep_still(self) -> None:
        """Look at cards and dialogs where less motion is wanted, and where it is not."""
        page = self._page
        if not await page.evaluate(_MOVING):
            raise DemoError("nothing on the cards moves, so this can't tell whether they keep still")
        await page.emulate_media(reduced_motion="reduce")
        await self._require_still("a dashboard of all cards")
        for opener, dialog in (
            ("printago-printer .open", "printago-printer-dialog"),
            ("printago-farm .danger", "printago-confirm"),
            ("printago-print li button", "printago-print-dialog"),
        ):
            await page.locator(opener).first.click()
            await page.locator(f"{dialog} dialog").wait_for()
            await self._require_still(dialog)
            await page.keyboard.press("Escape")
            await page.locator(f"{dialog} dialog").wait_for(state="detached")

    async def tell_what_an_order_took(self) -> None:
        """Open the prints and the cost of an order, where less motion is still wanted."""
        page = self._page
        await self._open(f"{PATH}/orders", _CONTENT["orders"])
        printed = page.locator("printago-orders li:has([role=progressbar]:not([aria-valuenow='0']))").first
        await printed.get_by_role("button", name="Prints and cost").click()
        dialog = page.locator("printago-order-dialog")
        await dialog.locator(".cost").wait_for()
        await dialog.locator(".past").first.wait_for()
        await require_no_barriers(page, "the dialog of an order")
        await require_fits(page, "the dialog of an order")
        await self._require_still("the dialog of an order")
        await dialog.get_by_role("button", name="Close").click()
        await dialog.wait_for(state="detached")
        await page.emulate_media(reduced_motion="no-preference")

    async def can_be_picked(self) -> None:
        """Find every card among those that can be added, by its name and with a preview, and pick one."""
        page = self._page
        texts = json.loads(_TEXTS.read_text(encoding="utf-8"))["common"]
        await self._open(f"{_BY_HAND}/cards?edit=1")
        await page.get_by_role("button", name="Add card").first.click()
        dialog = page.locator("hui-dialog-create-card")
        await dialog.get_by_role("tab", name="By card").click()
        await dialog.get_by_placeholder("Search cards").fill("printago")
        for name, content in _CONTENT.items():
            title = page.locator(f".card-header:text-is('{texts[f'card_name_{name}']}')")
            await dialog.locator(".card", has=title).locator(f".preview {content}").first.wait_for()
        await dialog.locator(".card", has=page.locator("printago-printers-card")).locator(".overlay").click()

    async def can_be_set_up(self) -> None:
        """Group the printers of the picked card by model, and give the card of one printer another printer."""
        page, dialog = self._page, "hui-dialog-edit-card"
        await self._group(dialog, "ha-form", "Model")
        await page.locator("hui-card-edit-mode:has(printago-printer-card)").locator(".control").press("Enter")
        form = page.locator(f"{dialog} ha-form").first
        await form.locator("ha-device-picker ha-picker-field").click()
        printers = (await self._farm.control("GET", "/state"))["printers"]
        other = next(printer["name"] for printer in reversed(printers) if printer["id"] != self._printer["id"])
        await form.locator("ha-picker-combo-box").get_by_text(other, exact=True).click()
        await self._save(dialog)
        await self._open(f"{_BY_HAND}/cards", f"printago-printer .name:text-is('{other}')")
        await self._require_models()

    async def confirm_a_bed(self) -> None:
        """Confirm a bed on the card of the beds."""
        beds = self._page.locator("printago-beds li", has_text=self._printer["name"])
        await beds.get_by_role("button", name="Bed is clear").click()
        bed = self._check.entity(self._printer["id"], "bed_needs_clearing")
        async with self._check.patience(f"{bed} to be off"):
            while (await self._home_assistant.client.state(bed))["state"] != "off":
                await self._page.wait_for_timeout(100)

    async def group_the_dashboard(self) -> None:
        """Group the print-farm dashboard by model, then by status again."""
        page, dialog = self._page, "dialog-dashboard-strategy-editor"
        await self._open(f"{PATH}/wall", _CONTENT["printers"])
        await page.get_by_role("button", name="Edit dashboard").click()
        await self._group(dialog, dialog, "Model")
        await self._require_models()
        await page.get_by_role("button", name="Edit dashboard").click()
        await self._group(dialog, dialog, "Status")
        await page.locator("printago-printers section[aria-label='Ready']").wait_for()

    async def _with_a_bed_to_clear(self) -> dict[str, Any]:
        """Return a printer whose bed has to be cleared; if there is none, one that prints is made to finish."""
        for printer in (await self._farm.control("GET", "/state"))["printers"]:
            bed = self._check.entity(printer["id"], "bed_needs_clearing")
            if (await self._home_assistant.client.state(bed))["state"] == "on":
                waiting: dict[str, Any] = printer
                return waiting
        printer = await self._check.printer(
            lambda printer: printer["isOnline"] and printer["printingJobId"] and not printer["continuousPrint"],
            "prints",
        )
        await self._farm.control("POST", f"/printers/{printer['id']}/finish")
        return printer

    async def _open(self, path: str, *shown: str) -> None:
        """Open a page, and wait for what it shows."""
        await self._page.goto(f"{self._home_assistant.url}/{path}", wait_until="domcontentloaded")
        for each in shown:
            await self._page.locator(each).first.wait_for()

    async def _group(self, dialog: str, checked: str, choice: str) -> None:
        """Choose in the form of a dialog how printers are grouped, and save; check the elements of a name for barriers."""
        form = self._page.locator(f"{dialog} ha-form").first
        group_by = form.get_by_role("button", name="Group by")
        await group_by.wait_for()
        await require_no_barriers(self._page, f"the form of {dialog}", f"^{checked}$")
        await group_by.click()
        await form.locator("ha-dropdown-item", has_text=choice).click()
        await self._save(dialog)

    async def _save(self, dialog: str) -> None:
        save = self._page.locator(dialog).get_by_role("button", name="Save", exact=True)
        await save.click()
        await save.wait_for(state="hidden")

    async def _require_models(self) -> None:
        """Wait until the first wall of the page has a section for each model."""
        entries = await self._home_assistant.client.command("config/device_registry/list")
        models = {entry["id"]: entry["model"] for entry in entries}
        devices = await self._home_assistant.devices()
        for printer in (await self._farm.control("GET", "/state"))["printers"]:
            model = models[devices[printer["id"]]]
            await self._page.locator("printago-printers").first.locator(f"section[aria-label='{model}']").wait_for()

    async def _require_still(self, what: str) -> None:
        if moving := await self._page.evaluate(_MOVING):
            raise DemoError(f"{what} moves although less motion is wanted: {', '.join(moving)}")
