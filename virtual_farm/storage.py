"""The object store behind signed addresses."""

from dataclasses import dataclass
import hashlib
import hmac
from pathlib import Path
import secrets
import tempfile
from urllib.parse import quote, urlencode

from .clock import Clock
from .pictures import thumbnail

UPLOAD_SECONDS = 900.0
DOWNLOAD_SECONDS = 3600.0

_PICTURES = "thumbnails"


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored file."""

    path: str
    size: int
    sha256: str
    file: Path


class Storage:
    """Files of a store; who holds a signed address may read or write one of them until it expires."""

    def __init__(self, store_id: str, clock: Clock) -> None:
        """Begin empty; uploads go to a temporary folder that `close` removes."""
        self._store_id = store_id
        self._clock = clock
        self._secret = secrets.token_bytes(16)
        self._folder = tempfile.TemporaryDirectory(prefix="virtual-farm-")
        self._blobs: dict[str, Blob] = {}
        self.public_url: str | None = None
        """Begins the addresses of pictures that anybody may read; None where pictures have paths."""

    def close(self) -> None:
        """Remove all files."""
        self._folder.cleanup()

    def picture_uri(self, name: str) -> str:
        """Return where the picture is that belongs to a name: a storage path, or an address that anybody may read."""
        if self.public_url is not None:
            return f"{self.public_url}/{_PICTURES}/{quote(name)}.png"
        return f"stores/{self._store_id}/{_PICTURES}/{name}.png"

    def published(self, uri: str | None) -> str | None:
        """Return the address of a picture whose path was given before there was any."""
        prefix = f"stores/{self._store_id}/{_PICTURES}/"
        if uri is None or not uri.startswith(prefix):
            return uri
        return self.picture_uri(uri.removeprefix(prefix).removesuffix(".png"))

    def new_path(self, record_id: str, filename: str) -> str:
        """Return where an upload is going to be kept."""
        return f"stores/{self._store_id}/uploads/{record_id}/{Path(filename).name}"

    def blob(self, path: str) -> Blob | None:
        """Return an uploaded file."""
        return self._blobs.get(path)

    def temporary_file(self) -> Path:
        """Return a new name in the folder of uploads."""
        return Path(self._folder.name) / secrets.token_hex(8)

    def keep(self, path: str, size: int, sha256: str, file: Path) -> Blob:
        """Note an upload that has arrived whole."""
        if (old := self._blobs.get(path)) is not None:
            old.file.unlink(missing_ok=True)
        blob = self._blobs[path] = Blob(path, size, sha256, file)
        return blob

    def picture(self, path: str) -> bytes | None:
        """Return a picture by its path."""
        prefix = f"stores/{self._store_id}/{_PICTURES}/"
        if not path.startswith(prefix) or not path.endswith(".png"):
            return None
        return thumbnail(path.removeprefix(prefix))

    def sign(self, method: str, path: str, seconds: float) -> str:
        """Return path and query of an address that allows one method on one file for a time."""
        expires = int(self._clock().timestamp() + seconds)
        query = urlencode({"X-Expires": expires, "X-Signature": self._signature(method, path, expires)})
        return f"/storage/{quote(path)}?{query}"

    def allows(self, method: str, path: str, expires: str, signature: str) -> bool:
        """Tell whether an address is genuine and has not expired."""
        if not expires.isdecimal() or int(expires) < self._clock().timestamp():
            return False
        return hmac.compare_digest(self._signature(method, path, int(expires)).encode(), signature.encode())

    def _signature(self, method: str, path: str, expires: int) -> str:
        text = f"{method}\n{path}\n{expires}"
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()
