"""The object store behind signed URLs."""

from collections.abc import Iterable
from dataclasses import dataclass
import hashlib
import hmac
from pathlib import Path
import secrets
import tempfile
from urllib.parse import quote, urlencode

from .clock import Clock
from .pictures import plate, thumbnail

UPLOAD_SECONDS = 900.0
DOWNLOAD_SECONDS = 3600.0

_PICTURES = "thumbnails"
_PLATE, _PICK = "plate", "pick"


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored file."""

    path: str
    size: int
    sha256: str
    file: Path


class Storage:
    """Files of a store. A signed URL allows its owner to read or write one of them until it expires."""

    def __init__(self, store_id: str, clock: Clock) -> None:
        """Start empty. Uploads go to a temporary folder that `close` removes."""
        self._store_id = store_id
        self._clock = clock
        self._secret = secrets.token_bytes(16)
        self._folder = tempfile.TemporaryDirectory(prefix="virtual-farm-")
        self._blobs: dict[str, Blob] = {}
        self.public_url: str | None = None
        """Prefix of the URLs of public images; None if images have paths."""

    def close(self) -> None:
        """Remove all files."""
        self._folder.cleanup()

    def picture_uri(self, name: str) -> str:
        """Return the location of the image of a name: a storage path or a public URL."""
        if self.public_url is not None:
            return f"{self.public_url}/{_PICTURES}/{quote(name)}.png"
        return f"stores/{self._store_id}/{_PICTURES}/{name}.png"

    def plate_uris(self, numbers: Iterable[str]) -> tuple[str, str]:
        """Return the locations of two images of objects on a plate: as they look, and with their numbers as colors."""
        objects = "-".join(numbers)
        return self.picture_uri(f"{_PLATE}-{objects}"), self.picture_uri(f"{_PICK}-{objects}")

    def published(self, uri: str | None) -> str | None:
        """Return the URL of an image whose path was assigned before there was a URL."""
        prefix = f"stores/{self._store_id}/{_PICTURES}/"
        if uri is None or not uri.startswith(prefix):
            return uri
        return self.picture_uri(uri.removeprefix(prefix).removesuffix(".png"))

    def new_path(self, record_id: str, filename: str) -> str:
        """Return the path for an upload."""
        return f"stores/{self._store_id}/uploads/{record_id}/{Path(filename).name}"

    def blob(self, path: str) -> Blob | None:
        """Return an uploaded file."""
        return self._blobs.get(path)

    def temporary_file(self) -> Path:
        """Return a new name in the upload folder."""
        return Path(self._folder.name) / secrets.token_hex(8)

    def keep(self, path: str, size: int, sha256: str, file: Path) -> Blob:
        """Record a complete upload."""
        if (old := self._blobs.get(path)) is not None:
            old.file.unlink(missing_ok=True)
        blob = self._blobs[path] = Blob(path, size, sha256, file)
        return blob

    def picture(self, path: str) -> bytes | None:
        """Return an image by its path."""
        prefix = f"stores/{self._store_id}/{_PICTURES}/"
        if not path.startswith(prefix) or not path.endswith(".png"):
            return None
        name = path.removeprefix(prefix)
        kind, _, numbers = name.removesuffix(".png").partition("-")
        if kind in (_PLATE, _PICK):
            return plate(tuple(map(int, numbers.split("-"))), pick=kind == _PICK)
        return thumbnail(name)

    def sign(self, method: str, path: str, seconds: float) -> str:
        """Return path and query of a URL that allows one method on one file for a time."""
        expires = int(self._clock().timestamp() + seconds)
        query = urlencode({"X-Expires": expires, "X-Signature": self._signature(method, path, expires)})
        return f"/storage/{quote(path)}?{query}"

    def allows(self, method: str, path: str, expires: str, signature: str) -> bool:
        """Return whether a URL is genuine and has not expired."""
        if not expires.isdecimal() or int(expires) < self._clock().timestamp():
            return False
        return hmac.compare_digest(self._signature(method, path, int(expires)).encode(), signature.encode())

    def _signature(self, method: str, path: str, expires: int) -> str:
        text = f"{method}\n{path}\n{expires}"
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()
