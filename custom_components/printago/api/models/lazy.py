"""Records whose fields are read on first access: of thousands of jobs most are only counted."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NoReturn, Self, overload, override

from . import fields as f

_set = object.__setattr__


class _Field:
    """A field that is read on first access and then stored as an attribute of the record."""

    def __init__(self, key: str, reader: f.Reader, default: Any, *, nullable: bool) -> None:
        self.key = key
        self.reader = reader
        self.default = default
        self.nullable = nullable
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, record: LazyRecord | None, owner: type) -> Any:
        if record is None:
            return self
        raw = record._source.get(self.key)  # noqa: SLF001
        try:
            value = self.default if raw is None else self.reader(raw)
        except f.UnreadableError:
            value = self.default
        _set(record, self.name, value)
        return value


@overload
def lazily[T](key: str, reader: Callable[[Any], T], *, nullable: bool = True) -> T | None: ...
@overload
def lazily[T](key: str, reader: Callable[[Any], T], *, default: T, nullable: bool = True) -> T: ...
def lazily(key: str, reader: f.Reader, *, default: Any = None, nullable: bool = True) -> Any:
    """Declare a field of a LazyRecord by the cloud's name.

    Without ``nullable``, the vendor's schema has no null for it: null and unreadable values then keep the known value.
    """
    return _Field(key, reader, default, nullable=nullable)


class LazyRecord:
    """An immutable record of the cloud; ``changed`` returns a copy with the fields of a message applied."""

    FIELDS: ClassVar[f.Fields] = {}
    _fields: ClassVar[tuple[_Field, ...]] = ()
    _source: Mapping[str, Any]
    """The JSON object that the record was made from."""
    _laid_over = False
    """Some values differ from those in the JSON object."""

    id: str

    @override
    def __init_subclass__(cls) -> None:
        """Collect the declared fields."""
        cls._fields = tuple(field for field in vars(cls).values() if isinstance(field, _Field))
        cls.FIELDS = {field.key: (field.name, field.reader) for field in cls._fields}

    def __init__(self, *, id: str, **values: Any) -> None:  # noqa: A002
        """Create a record with these attributes, as returned by ``read``."""
        _set(self, "id", id)
        _set(self, "_source", {})
        _lay_over(self, values)

    @classmethod
    def read(cls, source: Mapping[str, Any]) -> dict[str, Any]:
        """Return the attributes that ``source`` mentions."""
        values = f.read_fields(source, cls.FIELDS)
        for field in cls._fields:
            if not field.nullable and values.get(field.name, field) is None:
                del values[field.name]
        return values

    @classmethod
    def from_json(cls, identifier: str, source: Mapping[str, Any], values: Mapping[str, Any] | None = None) -> Self:
        """Create a complete record; missing or unreadable fields get their defaults. ``values`` is not needed here."""
        record = cls.__new__(cls)
        _set(record, "id", identifier)
        _set(record, "_source", source)
        return record

    def changed(self, values: Mapping[str, Any]) -> Self:
        """Return the record with ``values`` (of ``read``) applied; the same object if nothing differs."""
        if all(getattr(self, name) == value for name, value in values.items()):
            return self
        # Keep the JSON object for the fields that were not read yet.
        return _lay_over(self.__new__(type(self)), {**self.__dict__, **values})

    @property
    def mentioned(self) -> dict[str, Any]:
        """Return the attributes that the JSON object mentions, as ``read`` does."""
        return self.read(self._source)

    def source_of(self, key: str) -> object:
        """Return the original value of a field by the cloud's name."""
        return self._source.get(key)

    def is_plainly_before(self, field: Any, limit: str) -> bool:
        """Return whether a time (a field of the class) is before ``limit`` (of ``fields.timestamp``), without reading it.

        False if that takes reading it.
        """
        return not self._laid_over and f.is_plainly_before(self._source.get(field.key), limit)

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes."""
        return {"id": self.id} | {field.name: getattr(self, field.name) for field in self._fields}

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LazyRecord) or type(other) is not type(self):
            return NotImplemented
        if self._source == other._source and not (self._laid_over or other._laid_over):
            return self.id == other.id
        return self.as_dict() == other.as_dict()

    __hash__ = None  # type: ignore[assignment]

    @override
    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is not to be written to")

    @override
    def __repr__(self) -> str:
        # Fields that were not read yet may hold secrets.
        return f"{type(self).__name__}(id={self.id!r})"


def _lay_over[R: LazyRecord](record: R, values: Mapping[str, Any]) -> R:
    for name, value in values.items():
        _set(record, name, value)
    _set(record, "_laid_over", True)
    return record
