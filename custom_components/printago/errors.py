"""Converts errors of the client into translated errors of Home Assistant that say what to do."""

from collections.abc import Mapping
from contextlib import suppress

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryError, HomeAssistantError, ServiceValidationError
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
    """Return the coordinator's error for a failed snapshot."""
    if is_missing_api_access(err):
        # Another key would not help.
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
            # The permissions that the refusal names, else those that every update needs.
            key, placeholders = "forbidden", {"permissions": ", ".join(sorted(err.permissions)) or "printer.view"}
        case _:
            key, placeholders = "update_failed", {"error": str(err)}
    return UpdateFailed(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


def home_assistant_error(err: PrintagoError, *, reads: bool = False) -> HomeAssistantError:
    """Return the translated error of Home Assistant for an error of the client.

    With ``reads``, a lost response leaves nothing uncertain.
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


def address_error(err: Exception) -> ConfigEntryError:
    """Return the error that an address of the server can't be used."""
    return ConfigEntryError(
        translation_domain=DOMAIN, translation_key="invalid_address", translation_placeholders={"error": str(err)}
    )


def action_error(key: str, **placeholders: str) -> ServiceValidationError:
    """Return the error about invalid input, by its translation key."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders or None
    )


def action_failure(key: str, **placeholders: str) -> HomeAssistantError:
    """Return the error that something did not work, by its translation key."""
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders or None
    )


async def async_message(hass: HomeAssistant, err: HomeAssistantError, language: str | None = None) -> str:
    """Return the text of an error in a language, else that of Home Assistant: its own text is always English."""
    domain, key = err.translation_domain, err.translation_key
    if domain is None or key is None:
        return str(err)
    words = await async_get_translations(hass, language or hass.config.language, "exceptions", {domain})
    if (message := words.get(f"component.{domain}.exceptions.{key}.message")) is None:
        return str(err)
    with suppress(KeyError):
        message = message.format(**(err.translation_placeholders or {}))
    # It becomes part of another sentence.
    return message.rstrip(".。")
