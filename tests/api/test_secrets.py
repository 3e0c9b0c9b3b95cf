"""Redaction of secrets in text of other systems."""

import base64
import time
from urllib.parse import quote

import pytest

from custom_components.printago.api.redaction import Redactor

KEY = "pk+live/Q7vXs2LmZ9tRw4Yc8HnB3Kd6Fg1Jp5Ua"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"key {KEY} of {KEY[:24]}_x", "key *** of ***_x"),
        (f"key {KEY.upper()}", "key ***"),
        (f"header {base64.b64encode(KEY.encode()).decode()}", "header ***=="),
        (f"query ?key={quote(KEY, safe='')}", "query ?key=***"),
        ("cannot get https://files.example/a?X-Signature=abc now", "cannot get *** now"),
        ("cannot get /storage/a.png?X-Expires=1&X-Signature=abc now", "cannot get *** now"),
        ("printer refused code 83726152", "printer refused code ***"),
        ("password hunter22, key klipperkey", "password ***, key ***"),
        ("nothing to hide at https://printago.io/docs", "nothing to hide at https://printago.io/docs"),
    ],
)
def test_secrets_are_removed(text: str, shown: str) -> None:
    redactor = Redactor(KEY)
    redactor.add({"id": "a", "metadata": {"dev_access_code": "83726152", "dev_id": "01S00A"}})
    redactor.add({"id": "b", "metadata": {"password": "hunter22", "api_key": "klipperkey"}})
    assert redactor.redact(text) == shown


@pytest.mark.parametrize("metadata", [None, [], "x", {}, {"password": None}, {"password": 5}, {"password": "a"}])
def test_metadata_without_secrets_hides_nothing(metadata: object) -> None:
    redactor = Redactor(KEY)
    redactor.add({"metadata": metadata})
    assert redactor.redact("a 5 x password") == "a 5 x password"


def test_long_text_takes_little_time() -> None:
    began = time.monotonic()
    assert Redactor(KEY).redact("/?" * 500_000)
    assert time.monotonic() - began < 0.5


def test_no_key_hides_nothing() -> None:
    assert Redactor("").redact("all of this") == "all of this"
