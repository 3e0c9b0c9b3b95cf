"""What errors of the client become in Home Assistant: something that a person can act on, in translated words."""

from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.update_coordinator import UpdateFailed

from .api import AuthenticationError, PermissionDeniedError, PrintagoError, RateLimitedError, tells_no_api_access
from .const import DOMAIN


def update_error(err: PrintagoError) -> ConfigEntryAuthFailed | UpdateFailed:
    """Return the error that tells the coordinator why a snapshot failed."""
    if tells_no_api_access(err):
        # No other key would help.
        return UpdateFailed(translation_domain=DOMAIN, translation_key="no_api_access")
    match err:
        case AuthenticationError():
            return ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="invalid_auth")
        case RateLimitedError():
            return UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="rate_limited",
                translation_placeholders={"seconds": f"{err.retry_after:.0f}"},
                retry_after=err.retry_after,
            )
        case PermissionDeniedError():
            # What a refusal says it needs; else what every call of an update needs.
            key, placeholders = "forbidden", {"permissions": ", ".join(sorted(err.permissions)) or "printer.view"}
        case _:
            key, placeholders = "update_failed", {"error": str(err)}
    return UpdateFailed(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)
