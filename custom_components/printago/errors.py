"""What errors of the client become in Home Assistant: something that a person can act on, in translated words."""

from collections.abc import Mapping
from contextlib import suppress

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_translations
from homeassistant.helpers.update_coordinator import UpdateFailed

from .api import (
    AuthenticationError,
    CannotConnectError,
    InvalidRequestError,
    NotAppliedError,
    NotEntitledError,
    OutcomeUnknownError,
    PermissionDeniedError,
    PrintagoError,
    RateLimitedError,
    is_missing_api_access,
)
from .const import DOMAIN


def update_error(err: PrintagoError) -> ConfigEntryAuthFailed | UpdateFailed:
    """Return the error that tells the coordinator why a snapshot failed."""
    if is_missing_api_access(err):
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


def home_assistant_error(err: PrintagoError, *, reads: bool = False) -> HomeAssistantError:
    """Return the error of Home Assistant that tells what went wrong, in translated words.

    A call that only ``reads`` leaves nothing open when its answer is lost.
    """
    if reads and isinstance(err, OutcomeUnknownError):
        err = CannotConnectError(str(err))
    placeholders: Mapping[str, str] | None = {"error": str(err)}
    match err:
        case AuthenticationError():
            key, placeholders = "invalid_auth", None
        case PermissionDeniedError() if err.permissions:
            key, placeholders = "forbidden", {"permissions": ", ".join(sorted(err.permissions))}
        case NotEntitledError():
            key = "not_entitled"
        case RateLimitedError():
            key, placeholders = "rate_limited", {"seconds": f"{err.retry_after:.0f}"}
        case InvalidRequestError() | PermissionDeniedError():
            key = "refused"
        case NotAppliedError():
            key, placeholders = "not_applied", None
        case CannotConnectError():
            key = "cannot_connect"
        case _:
            key = "outcome_unknown"
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=dict(placeholders) if placeholders else None,
    )


def action_error(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error that says what to ask for instead, by its key in the translations."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders or None
    )


async def async_message(hass: HomeAssistant, err: HomeAssistantError) -> str:
    """Return what an error says, in the language of Home Assistant: its own text is English whatever the language."""
    domain, key = err.translation_domain, err.translation_key
    if domain is None or key is None:
        return str(err)
    words = await async_get_translations(hass, hass.config.language, "exceptions", {domain})
    if (message := words.get(f"component.{domain}.exceptions.{key}.message")) is None:
        return str(err)
    with suppress(KeyError):
        message = message.format(**(err.translation_placeholders or {}))
    # It becomes a part of another sentence.
    return message.rstrip(".。")
