"""What errors say."""

import pytest

from custom_components.printago.api import (
    AuthenticationError,
    CannotConnectError,
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    PrintagoError,
    RateLimitedError,
    is_missing_api_access,
)


@pytest.mark.parametrize("kind", [AuthenticationError, PermissionDeniedError, InvalidRequestError, NotFoundError])
@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Hobbyist accounts have no API access", True),
        ("for non-commercial use", True),
        ("NONCOMMERCIAL", True),
        ("needs a commercial plan", True),
        ("commercial subscription", True),
        ("commercial use", False),
        ("Unauthorized", False),
        ("", False),
    ],
)
def test_refusal_of_an_account_without_api_access_is_known_by_its_words(
    kind: type[PrintagoError], text: str, missing: bool
) -> None:
    assert is_missing_api_access(kind(text)) is missing


@pytest.mark.parametrize("kind", [CannotConnectError, OutcomeUnknownError, PrintagoError])
def test_other_errors_say_nothing_about_the_account(kind: type[PrintagoError]) -> None:
    assert not is_missing_api_access(kind("hobbyist"))


def test_used_up_quota_says_when_there_is_room() -> None:
    error = RateLimitedError(12.4)
    assert (str(error), error.retry_after, error.refused) == ("no request possible for 12 s", 12.4, False)
    assert RateLimitedError(1, refused=True).refused


def test_refusal_names_the_permissions_that_are_known() -> None:
    assert PermissionDeniedError().permissions == frozenset()
    error = PermissionDeniedError("no", frozenset({"queue.view"}))
    assert (str(error), error.permissions) == ("no", {"queue.view"})
