"""Secrets in texts: which ones are known, and how much of a text is replaced."""

import pytest

from custom_components.printago.api.redaction import Redactor, without_signed_urls


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("get https://x/a?b=1.", "get ***"),
        ("get HTTPS://x/a?b", "get ***"),
        ("(http://x/a?b)", "(***"),
        ("get https://x/a#b now", "get https://x/a#b now"),
        ("why?https://x/a", "why?https://x/a"),
        ("get /a/b.png?X-Amz-Signature=1 now", "get *** now"),
        ("path=/a/b.png?sig=1", "path=***"),
        ("get b.png?token=1&x=2", "get b.png***"),
        ("x?a=1&Credential=2/3 y", "x?a=1*** y"),
        ("a?tokens=1", "a?tokens=1"),
        ("signature=1", "signature=1"),
        ("is it? yes", "is it? yes"),
    ],
)
def test_signed_address_is_replaced_up_to_the_next_space(text: str, shown: str) -> None:
    assert without_signed_urls(text) == shown


@pytest.mark.parametrize(
    ("secret", "known"), [("abc", False), ("abcd", True), ("s" * 1000, True), ("s" * 1001, False), ("", False)]
)
def test_secret_of_a_printer_has_four_to_a_thousand_characters(secret: str, known: bool) -> None:
    redactor = Redactor("")
    redactor.add({"metadata": {"access_code": secret}})
    assert redactor.redact(f"<{secret}>") == ("<***>" if known else f"<{secret}>")


@pytest.mark.parametrize("name", ["dev_access_code", "access_code", "password", "api_key"])
def test_each_secret_of_a_printer_is_replaced(name: str) -> None:
    redactor = Redactor("")
    redactor.add({"metadata": {"dev_id": "01S00A", name: "83726152"}})
    assert redactor.redact("83726152 of 01S00A") == "*** of 01S00A"


def test_secrets_that_were_seen_last_are_kept() -> None:
    redactor = Redactor("")
    for number in range(5_001):
        redactor.add({"metadata": {"password": f"word{number:05}x"}})
        # One that is still in use is seen again and again.
        redactor.add({"metadata": {"password": "word00000x"}})
    assert redactor.redact("word00000x word00001x word00002x word05000x") == "*** word00001x *** ***"


def test_secret_that_contains_another_is_replaced_as_a_whole() -> None:
    assert Redactor("abcd", "abcdefgh", "efgh", "").redact("abcdefgh abcd efgh") == "*** *** ***"


def test_beginning_of_a_key_is_a_secret_in_any_encoding() -> None:
    key = "k" * 22 + "/+rest=="
    redactor = Redactor(key)
    for text in (key, key[:24], key.replace("/", "%2F").replace("+", "%2B").replace("=", "%3D"), key[:24].upper()):
        assert redactor.redact(f"<{text}>") == "<***>"
    assert redactor.redact(key[:23]) == key[:23]
