"""Errors of the client, sorted by what the caller may do next.

No message carries a credential, a signed URL or a full response body.
"""

import re

# Printago's documentation of subscriptions: hobbyist (non-commercial) accounts have no API access. The wording of that
# refusal is not documented, so any of these words counts.
_NO_API_ACCESS = re.compile(r"hobby|non-?commercial|commercial (account|plan|subscription)", re.IGNORECASE)


class PrintagoError(Exception):
    """Base of all errors of this package."""


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
    """Printago rejected the request (other HTTP 4xx); the message is Printago's own, shortened."""


class NotFoundError(InvalidRequestError):
    """What the request names does not exist (HTTP 404)."""


class RateLimitedError(PrintagoError):
    """The quota has no room now: our own limiter held the call back, or Printago answered HTTP 429."""

    def __init__(self, retry_after: float, *, refused: bool = False) -> None:
        """Set after how many seconds to retry; ``refused`` if Printago refused the call, not our own limiter."""
        super().__init__(f"no request possible for {retry_after:.0f} s")
        self.retry_after = retry_after
        self.refused = refused


class CannotConnectError(PrintagoError):
    """Printago was not reached; it has certainly not acted on the request."""


class OutcomeUnknownError(PrintagoError):
    """Printago may have acted on the request, but the response was lost: a timeout, a cut connection, an HTTP 5xx.

    A read can be repeated. Before a write is repeated, look for its effect.
    """


class MalformedResponseError(OutcomeUnknownError):
    """A successful status, but not the expected body (a proxy's page, truncated JSON)."""


class NotAppliedError(PrintagoError):
    """A call for several printers or jobs succeeded, but the response does not name this one."""


class InUseError(NotAppliedError):
    """A bed was not confirmed as clear: it came into use before the request was sent."""


class MalformedMessageError(PrintagoError):
    """A realtime message that cannot be parsed; the text gives the reason, never the content."""


def is_missing_api_access(err: PrintagoError) -> bool:
    """Return whether a refusal to list printers says that the account has no API access, whatever the key may do."""
    return isinstance(err, (AuthenticationError, PermissionDeniedError, InvalidRequestError)) and bool(
        _NO_API_ACCESS.search(str(err))
    )
