"""Looks for barriers in the cards and dialogs of a page, with axe-core."""

from typing import Any

from .processes import ROOT, DemoError

_AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
# The cards lie in nested shadow roots.
_FIND = """async () => {
  const found = [];
  const walk = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (/^printago-.*-card$|^printago-.*dialog$|^printago-confirm$/.test(element.localName)) found.push(element);
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  const { violations } = await axe.run({ include: found }, { resultTypes: ['violations'] });
  return [found.length, violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html).join(' ')}`)];
}"""


async def require_no_barriers(page: Any, what: str) -> None:
    """Check every card and open dialog of a page; raises DemoError for violations of axe-core's rules."""
    if not _AXE.is_file():
        raise DemoError(f"{_AXE} is missing: run script/frontend")
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_AXE.read_text(encoding="utf-8"))
    # What still moves has other colors.
    await page.wait_for_function("() => document.getAnimations().length === 0")
    looked, violations = await page.evaluate(_FIND)
    if not looked:
        raise DemoError(f"there is no card on {what}")
    if violations:
        raise DemoError(f"{what} has barriers: {'; '.join(violations)}")
