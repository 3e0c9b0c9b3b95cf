"""Pasted credentials with quotes, labels, and invisible characters."""

from hypothesis import given, strategies as st
import pytest

from custom_components.printago.api.credentials import clean_address, clean_key, clean_store_id, is_key, is_store_id

KEY = "abcdefghijklmnopqrstuvwx_the_secret_rest"
OTHER_KEY = "pk+live/Q7vXs2LmZ9tRw4Yc8HnB3Kd6Fg1Jp5Ua=="
STORE = "a1b2c3d4e5f6g7h8i9j0k1l2"

AROUND = [
    "{}",
    "  {}\n",
    '"{}"',
    "'{}'",
    "`{}`",
    "“{}”",
    "„{}“",
    "\u2018{}\u2019",
    "«{}»",
    "「{}」",
    "＂{}＂",  # noqa: RUF001, that is what it is about
    "\ufeff{}",
    "{}\u200b",
    "\u2060{}\u200d",
    "\u00a0{}\u00a0",
    "\u202a{}\u202c",
    "\r\n\t{}\r\n",
    "\u2028{}\u2029",
    "{}\ufe0f",
    "\u200b“\u00a0{}\u00a0”\u200b",
    '"{}",',
]


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
def test_key_is_found_in_surrounding_text(around: str, key: str) -> None:
    assert clean_key(around.format(key)) == key
    assert is_key(key)


@pytest.mark.parametrize(
    "label",
    [
        "ApiKey ",
        "apikey\u00a0",
        "Bearer ",
        "authorization: ApiKey ",
        "Authorization: Bearer ",
        "authorization:ApiKey ",
        "authorization=ApiKey ",
        "authorization: ",
        "ApiKey ApiKey ",
        "ApiKey: ",
        "API key: ",
        "x-api-key: ",
        "API_KEY=",
        "\ufeffApi\u200bKey\n",
        "-H 'authorization: ApiKey ",
        '"authorization": "ApiKey ',
    ],
)
@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
def test_label_before_the_key_is_removed(label: str, key: str) -> None:
    for around in ("{}", '"{}"', "“{}”", "'{}'\n"):
        assert clean_key(around.format(label + key)) == key
    assert clean_key(f'{label}"{key}"') == key


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\u200b", "\u00ad", "\ufeff", "\u00a0", " ", "\u2060"])
@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
def test_key_broken_into_lines_is_joined(break_: str, key: str) -> None:
    for place in (1, 12, len(key) - 1):
        assert clean_key(key[:place] + break_ + key[place:]) == key


@pytest.mark.parametrize("text", ["", '""', "\u200b", "two\nlines", "schlüssel", "ключ" * 10, "\ud800", "a key"])
def test_invalid_key_is_refused(text: str) -> None:
    assert not is_key(clean_key(text))


@pytest.mark.parametrize(
    "key", ["short", "apikey-and-its-rest", "bearer_of_news", "k" * 300, "sk-apikey-123456789012345678"]
)
def test_key_that_looks_like_a_label_is_unchanged(key: str) -> None:
    assert clean_key(key) == key
    assert is_key(key)


@pytest.mark.parametrize("around", [*AROUND, "Store ID: {}", "x-printago-storeid: {}", "({})", "/{}/"])
def test_store_id_is_found_in_surrounding_text(around: str) -> None:
    assert clean_store_id(around.format(STORE)) == STORE
    assert clean_store_id(around.format(STORE.upper())) == STORE
    assert is_store_id(STORE)


@pytest.mark.parametrize(
    "address",
    [
        "https://app.printago.io/stores/{}/settings?tab=keys",
        "https://app.printago.io/stores/{}",
        "app.printago.io/printers/bbbbbbbbbbbbbbbbbbbbbbbb?back=/stores/{}",
    ],
)
def test_store_id_is_extracted_from_an_address(address: str) -> None:
    assert clean_store_id(address.format(STORE)) == STORE


@pytest.mark.parametrize("text", ["", STORE[:-1], f"{STORE}x", "../secrets", KEY, f"{STORE}_{STORE}", "ä" * 24])
def test_invalid_store_id_is_refused(text: str) -> None:
    assert not is_store_id(clean_store_id(text))


def test_address_is_cleaned_as_well() -> None:
    assert clean_address(" “https://api.printago.io/”\u200b\n") == "https://api.printago.io"


@given(st.text())
def test_any_pasted_text_can_be_sent_after_cleaning(text: str) -> None:
    key, store_id = clean_key(text), clean_store_id(text)
    assert all(character.isprintable() for character in key + store_id + clean_address(text))
    if is_key(key):
        key.encode("ascii")
    assert clean_store_id(store_id) == store_id
