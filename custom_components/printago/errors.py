"""What errors of the client become in Home Assistant: something that a person can act on, in translated words."""

from collections.abc import Awaitable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
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
    tells_no_api_access,
)
from .const import DOMAIN

if TYPE_CHECKING:
    from .coordinator import PrintagoCoordinator


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


async def async_call[T](coordinator: PrintagoCoordinator, call: Awaitable[T], *, reads: bool = False) -> T:
    """Await a call of the client; what goes wrong is raised as an error that a person can act on.

    A call that only ``reads`` leaves nothing open when its answer is lost.
    """
    try:
        return await call
    except AuthenticationError as err:
        # The next snapshot confirms it, and asks for another key.
        coordinator.async_reconcile()
        raise home_assistant_error(err) from err
    except OutcomeUnknownError as err:
        raise home_assistant_error(CannotConnectError(str(err)) if reads else err) from err
    except PrintagoError as err:
        raise home_assistant_error(err) from err


def home_assistant_error(err: PrintagoError) -> HomeAssistantError:
    """Return the error of Home Assistant that tells what went wrong, in translated words."""
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
