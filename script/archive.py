"""Build the archive that HACS installs, reproducibly: the same files give the same bytes."""

import hashlib
from pathlib import Path
import sys
import zipfile

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "custom_components" / "printago"
ARCHIVE = ROOT / "dist" / "printago.zip"
_CARDS = PACKAGE / "frontend" / "dist" / "printago.js"
_KINDS = (".js", ".json", ".LEGAL.txt", ".png", ".py", ".typed", ".yaml")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644


def build(package: Path, archive: Path) -> str:
    """Write an archive of a package, and return its SHA-256 in hexadecimal."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    # Stored, not compressed: the output of deflate differs between zlib versions.
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for file in _files(package):
            entry = zipfile.ZipInfo(file.relative_to(package).as_posix(), _EPOCH)
            entry.create_system = 3
            entry.external_attr = _MODE << 16
            target.writestr(entry, file.read_bytes())
    return hashlib.sha256(archive.read_bytes()).hexdigest()


def _files(package: Path) -> list[Path]:
    """Return the files of the package, in a fixed order."""
    found = (path for path in package.rglob("*") if path.is_file() and path.name.endswith(_KINDS))
    kept = [
        path for path in found if not any(part.startswith((".", "__py")) for part in path.relative_to(package).parts)
    ]
    return sorted(kept, key=lambda path: path.relative_to(package).as_posix())


if __name__ == "__main__":
    if not _CARDS.is_file():
        sys.exit("archive: the cards were not built. Remedy: script/frontend, then run this again.")
    print(f"{build(PACKAGE, ARCHIVE)}  {ARCHIVE.relative_to(ROOT)}")
    sys.exit()
