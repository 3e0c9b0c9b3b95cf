"""A valid message, and strategies that damage it."""

from typing import Any

from hypothesis import strategies as st

STORE = "s" * 24
PRINTER = "p" * 24

FULL_STAT = {
    "printerId": PRINTER,
    "storeId": STORE,
    "state": "RUNNING",
    "isOnline": True,
    "isAvailable": None,
    "receivedAt": "2026-11-24T12:00:00.000Z",
    "expiresAt": "2026-11-24T12:05:00.000Z",
    "data": {
        "temps": {"nozzleTemp": 219.5, "nozzleTempTarget": 220, "bedTemp": 60, "chamberTemp": None},
        "fans": {"part": 100, "aux": 0, "chamber": 30},
        "lights": {"chamber": "on"},
        "print": {"percent": 42, "timeRemaining": 61, "stage": "Printing", "currentLayer": 7, "totalLayers": 100},
        "health": {
            "errors": [{"code": "0300-8000", "message": "Paused"}, {"message": "no code"}, 7],
            "warnings": [],
            "infos": [],
        },
    },
}

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def damaged(shape: Any) -> st.SearchStrategy[Any]:
    """Return a strategy of payloads like ``shape`` with arbitrary values in any place."""
    if isinstance(shape, dict):
        return st.fixed_dictionaries({}, optional={key: damaged(value) | ANYTHING for key, value in shape.items()})
    if isinstance(shape, list):
        return st.lists(damaged(shape[0]) if shape else ANYTHING, max_size=4)
    return st.just(shape) | ANYTHING
