"""The translations that the cards use: those in `t("…")` of their sources."""

from collections.abc import Iterator
import re

from .project import Project

PREFIX = "card_"
_CALL = re.compile(r"""\bt\(\s*(?:"(?P<key>\w+)"|`(?P<pattern>[^`]+)`)""")
_HOLE = re.compile(r"\$\{[^}]*\}")


def words(project: Project) -> Iterator[str]:
    """Yield the translations that the cards need; those with a question mark at the end are optional."""
    known = [path for path in project.english if path.startswith(f"common.{PREFIX}")]
    for source in sorted((project.root / "frontend" / "src").rglob("*.ts")):
        for call in _CALL.finditer(source.read_text(encoding="utf-8")):
            if (key := call["key"]) is not None:
                yield f"common.{PREFIX}{key}"
                continue
            # The rest of a composed key is only known at run time.
            made = r"\w+".join(map(re.escape, _HOLE.split(call["pattern"])))
            yield from (f"{path}?" for path in known if re.fullmatch(f"common\\.{PREFIX}{made}", path))
