"""Command line of script/validate."""

from collections.abc import Iterator
from pathlib import Path
import sys

from . import code, icons, languages, metadata, wording, words
from .facts import Facts, read
from .flows import flows
from .project import Project


def problems(project: Project, facts: Facts) -> Iterator[str]:
    """Yield all problems, each in one line."""
    yield from metadata.check(project)
    yield from code.check(project, facts)
    yield from words.check(project, facts)
    yield from languages.check(project)
    yield from wording.check(project)
    yield from icons.check(project, facts)
    yield from project.broken


def facts_of(package: Path) -> Facts:
    """Return everything that the code of a package needs."""
    facts = read(package)
    facts.flows = list(flows(facts))
    return facts


def main() -> int:
    """Check the checkout that contains this file."""
    project = Project(Path(__file__).resolve().parents[2])
    found = list(dict.fromkeys(problems(project, facts_of(project.package))))
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        print(f"validate: {len(found)} problems", file=sys.stderr)
        return 1
    print(f"validate: all is well, in {len(project.languages)} languages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
