"""Looks for barriers in the cards and dialogs of a page, with axe-core."""

from typing import Any

from .processes import ROOT, DemoError

_AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
_OWN = "^printago-.*-card$|^printago-.*dialog$|^printago-confirm$"
_STILL = """() => {
  const ends = (animation) => animation.effect.getComputedTiming().endTime !== Infinity;
  const still = (root) =>
    !root.getAnimations().some(ends) && [...root.querySelectorAll('*')].every(({ shadowRoot }) => !shadowRoot || still(shadowRoot));
  return still(document);
}"""
# The cards lie in nested shadow roots.
_FIND = """async (names) => {
  const found = [];
  const walk = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.localName.match(names)) found.push(element);
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  const { violations } = await axe.run({ include: found }, { resultTypes: ['violations'] });
  return [found.length, violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html).join(' ')}`)];
}"""


async def require_no_barriers(page: Any, what: str, names: str = _OWN) -> None:
    """Check every card and open dialog of a page, or elements with other names, given as a regular expression.

    Raises DemoError for violations of axe-core's rules.
    """
    if not _AXE.is_file():
        raise DemoError(f"{_AXE} is missing: run script/frontend")
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_AXE.read_text(encoding="utf-8"))
    # What still moves has other colors.
    await page.wait_for_function(_STILL)
    looked, violations = await page.evaluate(_FIND, names)
    if not looked:
        raise DemoError(f"there is no {names} on {what}")
    if violations:
        raise DemoError(f"{what} has barriers: {'; '.join(violations)}")
