"""Finds what does not fit on a page of the dashboard: texts that are cut, and parts that overlap or stick out."""

from typing import Any

from .processes import DemoError

_WIDTHS = (390, 640, 1440)
"""A phone, a screen of 1280 pixels at 200 % zoom, and a desktop."""
# The cards use nested shadow roots, so all of them are searched. Texts that end with an ellipsis are meant to.
_FAULTS = """async () => {
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)));
  const faults = [], controls = [];
  let texts = 0;
  const own = (node) => [...node.childNodes].filter((child) => child.nodeType === 3).map((child) => child.data).join('').trim();
  const check = (node, card, dialog) => {
    const box = node.getBoundingClientRect();
    const style = getComputedStyle(node);
    // What holds an open dialog has no size of its own.
    if (node.shadowRoot?.querySelector('dialog[open]')) {
      for (const child of node.shadowRoot.children) check(child, card, dialog);
      return;
    }
    if (!box.width || !box.height || style.visibility === 'hidden' || style.clipPath !== 'none') return;
    if (node.localName === 'dialog') dialog = node;
    if (node.localName === 'ha-card' || node.localName === 'dialog') card = box;
    // It scrolls.
    if (node.localName === 'table' && style.overflowX === 'auto') card = undefined;
    const said = own(node);
    texts += said ? 1 : 0;
    if (node.matches('button, input, select, a') && style.position !== 'absolute') controls.push([node, box, dialog]);
    if (said && card && (box.left < card.left - 1 || box.right > card.right + 1)) faults.push(`sticks out: ${said}`);
    if (box.left < -1 || box.right > innerWidth + 1) faults.push(`outside of the page: ${node.localName} ${said}`);
    const meant = style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none';
    if (said && style.overflowX === 'hidden' && !meant && node.scrollWidth > node.clientWidth + 1) faults.push(`cut: ${said}`);
    const share = node.matches('.past > div') ? box.width / node.parentElement.getBoundingClientRect().width : 1;
    if (share < 0.4) faults.push(`narrow: ${node.textContent.trim()}`);
    for (const child of [...(node.shadowRoot?.children ?? []), ...node.children]) check(child, card, dialog);
  };
  const find = (root) => {
    for (const node of root.querySelectorAll('*')) {
      if (node.localName.startsWith('printago-')) check(node);
      else if (node.shadowRoot) find(node.shadowRoot);
    }
  };
  find(document);
  controls.forEach(([one, a, over], index) => {
    for (const [other, b, above] of controls.slice(index + 1)) {
      // A dialog lies over the cards.
      if (over !== above) continue;
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      const inside = one.contains(other) || other.contains(one);
      if (width > 1 && height > 1 && !inside) faults.push(`overlap: ${one.textContent.trim()} / ${other.textContent.trim()}`);
    }
  });
  return [texts, [...new Set(faults)]];
}"""


async def require_fits(page: Any, what: str) -> None:
    """Look at a page on screens of several widths; raises DemoError for what is cut, overlaps or sticks out."""
    size = page.viewport_size
    for width in _WIDTHS:
        await page.set_viewport_size({"width": width, "height": size["height"]})
        texts, faults = await page.evaluate(_FAULTS)
        if not texts:
            raise DemoError(f"{what} has no text")
        if faults:
            raise DemoError(f"{what} does not fit {width} pixels: {'; '.join(faults)}")
    await page.set_viewport_size(size)
