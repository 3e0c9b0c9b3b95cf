"""What can go wrong between us and Printago, sorted by what the caller may do next.

No message carries a credential, a signed URL or a response body in full.
"""

import re

# Printago's documentation of subscriptions: hobbyist (non-commercial) accounts have no API access. How the API says so is
# not documented; any such word in a refusal is taken for it.
_NO_API_ACCESS = re.compile(r"hobby|non-?commercial|commercial (account|plan|subscription)", re.IGNORECASE)


class PrintagoError(Exception):
    """Base of every error that this package raises."""


class AuthenticationError(PrintagoError):
    """The API key or the store ID is not accepted (HTTP 401)."""


class PermissionDeniedError(PrintagoError):
    """The key lacks the permission for a call, or its IP allowlist excludes us (HTTP 403)."""

    def __init__(self, message: str = "", permissions: frozenset[str] = frozenset()) -> None:
        """Store the permissions that the call needs; empty if unknown."""
        super().__init__(message)
        self.permissions = permissions


class NotEntitledError(PrintagoError):
    """The store's subscription does not include this (HTTP 403 that names no permission)."""


class InvalidRequestError(PrintagoError):
    """Printago refused the request as it stands (other HTTP 4xx); the message is Printago's own, shortened."""


class NotFoundError(InvalidRequestError):
    """What the request names does not exist (HTTP 404)."""


class RateLimitedError(PrintagoError):
    """The quota leaves no room now: either our own limiter held the call back, or Printago answered HTTP 429."""

    def __init__(self, retry_after: float, *, refused: bool = False) -> None:
        """Remember after how many seconds a call has a chance again; ``refused`` by Printago, not held back by us."""
        super().__init__(f"no request possible for {retry_after:.0f} s")
        self.retry_after = retry_after
        self.refused = refused


class CannotConnectError(PrintagoError):
    """Printago was not reached; the request was certainly not acted on."""


class OutcomeUnknownError(PrintagoError):
    """The request may have been acted on, but its answer was lost: a time-out, a cut connection, an HTTP 5xx.

    A read can simply be repeated. A write must not be, before its effect was looked for.
    """


class MalformedResponseError(OutcomeUnknownError):
    """A successful status, but a body that is not what the call returns (a proxy's page, JSON cut short)."""


class NotAppliedError(PrintagoError):
    """A call for several printers or jobs succeeded, but its answer does not name this one."""


class InUseError(NotAppliedError):
    """A bed was not confirmed as clear: something has come to be on it before the request left."""


class MalformedMessageError(PrintagoError):
    """A realtime message that cannot be understood; the message says why, never what it contained."""


def is_missing_api_access(err: PrintagoError) -> bool:
    """Return whether a refusal to list printers says that the account has no API access, whatever the key may do."""
    return isinstance(err, (AuthenticationError, PermissionDeniedError, InvalidRequestError)) and bool(
        _NO_API_ACCESS.search(str(err))
    )
