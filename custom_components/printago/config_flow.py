"""Config flow: adds a store, renews its key, and changes its connection settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, override

from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult, ConfigSubentryFlow
from homeassistant.const import CONF_API_KEY
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType
import voluptuous as vol

from .api import (
    DEFAULT_API_URL,
    DEFAULT_REALTIME_URL,
    AuthenticationError,
    CannotConnectError,
    InvalidRealtimeUrl,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    PrintagoClient,
    PrintagoError,
    RateLimitedError,
    RequestPriority,
    is_missing_api_access,
    parse_api_url,
    parse_endpoint,
)
from .api.credentials import clean_address, clean_key, clean_store_id, is_key, is_store_id
from .const import CONF_API_URL, CONF_REALTIME_URL, CONF_SERVER, CONF_STORE_ID, DOMAIN, LOGGER
from .hub.persistence import async_get_store_state
from .subentry_flow import SUBENTRY_FLOWS

_DEFAULT_TITLE = "Printago"
_PASSWORD = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))
_URL = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
_TEXT = TextSelector()

_KEY_SCHEMA = vol.Schema({vol.Required(CONF_API_KEY): _PASSWORD})
_SERVER_DEFAULTS = {CONF_API_URL: DEFAULT_API_URL, CONF_REALTIME_URL: DEFAULT_REALTIME_URL}
_DESCRIPTION_PLACEHOLDERS = {"settings_url": "https://app.printago.io"}


@dataclass(frozen=True, slots=True)
class _Store:
    """What a successful test read from a store."""

    name: str | None
    has_printers: bool


class PrintagoConfigFlow(ConfigFlow, domain=DOMAIN):
    """Asks for a store ID and an API key, and tests them over REST."""

    VERSION = 1
    MINOR_VERSION = 1

    @override
    @classmethod
    @callback
    def async_get_supported_subentry_types(cls, config_entry: ConfigEntry) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the subentries that a store can have."""
        return SUBENTRY_FLOWS

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Add a store."""
        errors: dict[str, str] = {}
        store: _Store | None = None
        if user_input is not None:
            data = _cleaned(user_input)
            if not (errors := _malformed(data)):
                await self._async_be_of(data[CONF_STORE_ID])
                self._abort_if_unique_id_configured()
                store, errors = await self._async_try(data)
            if store is not None:
                return self.async_create_entry(
                    title=store.name or _DEFAULT_TITLE,
                    data=data,
                    description=None if store.has_printers else "no_printers",
                )
        return self._show("user", _schema(user_input), user_input, errors)

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Ask for another key, since Printago does not accept the current one."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Replace the key of a store."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            data = {**entry.data, CONF_API_KEY: clean_key(user_input[CONF_API_KEY])}
            if not (errors := _malformed_key(data)):
                _, errors = await self._async_try(data)
            if not errors:
                return self._update_and_abort(entry, data)
        return self._show("reauth_confirm", _KEY_SCHEMA, None, errors, store=entry.title)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change the key or the servers of a store."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            data = _cleaned(user_input)
            if not (errors := _malformed(data)):
                await self._async_be_of(data[CONF_STORE_ID])
                self._abort_if_unique_id_mismatch(reason="wrong_store")
                _, errors = await self._async_try(data)
            if not errors:
                return self._update_and_abort(entry, data)
        shown = user_input or _without_key(entry.data)
        return self._show("reconfigure", _schema(shown), shown, errors)

    async def _async_be_of(self, store_id: str) -> None:
        """Set the store as unique ID; other open flows for it are not a reason to abort."""
        await self.async_set_unique_id(store_id, raise_on_progress=False)

    @callback
    def _update_and_abort(self, entry: ConfigEntry, data: Mapping[str, Any]) -> ConfigFlowResult:
        """Save the tested settings, and reload the entry with them."""
        # A loaded entry has an update listener that reloads it when its data changed.
        reloads_itself = bool(entry.update_listeners) and entry.data != data
        result = self.async_update_and_abort(entry, data=data)
        if not reloads_itself:
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return result

    def _show(
        self,
        step_id: str,
        schema: vol.Schema,
        suggested: Mapping[str, Any] | None,
        errors: dict[str, str],
        **placeholders: str,
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            errors=errors,
            description_placeholders={**_DESCRIPTION_PLACEHOLDERS, **placeholders},
        )

    async def _async_try(self, data: Mapping[str, Any]) -> tuple[_Store | None, dict[str, str]]:
        """Test a store over REST; return what was read from it, or the errors of the form."""
        try:
            store_state = await async_get_store_state(self.hass, data[CONF_STORE_ID])
            client = PrintagoClient.create(
                async_get_clientsession(self.hass),
                api_url=data[CONF_SERVER][CONF_API_URL],
                store_id=data[CONF_STORE_ID],
                api_key=data[CONF_API_KEY],
                limiter=store_state.limiter,
                clock=store_state.clock,
            )
            has_printers = await client.has_printers()
            return _Store(await _async_store_name(client, data[CONF_STORE_ID]), has_printers), {}
        except PrintagoError as err:
            return None, _errors_of(err)
        except Exception:  # noqa: BLE001, a flow must end with words, whatever went wrong
            LOGGER.exception("Unexpected error while trying a store")
        return None, {"base": "unknown"}


def _schema(shown: Mapping[str, Any] | None) -> vol.Schema:
    """Return the fields of a store; the servers are expanded if they differ from Printago's."""
    server = _SERVER_DEFAULTS if shown is None else shown[CONF_SERVER]
    return vol.Schema(
        {
            vol.Required(CONF_STORE_ID): _TEXT,
            vol.Required(CONF_API_KEY): _PASSWORD,
            # The frontend fills a section with its default and ignores suggested values of its fields.
            vol.Required(CONF_SERVER, default=dict(server)): section(
                vol.Schema(
                    {
                        vol.Optional(CONF_API_URL, default=DEFAULT_API_URL): _URL,
                        vol.Optional(CONF_REALTIME_URL, default=DEFAULT_REALTIME_URL): _TEXT,
                    }
                ),
                {"collapsed": server == _SERVER_DEFAULTS},
            ),
        }
    )


def _malformed(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the errors of the form that need no request.

    The frontend shows no error of a field within a section, only of the section.
    """
    errors = {} if is_store_id(data[CONF_STORE_ID]) else {CONF_STORE_ID: "invalid_store_id"}
    try:
        parse_endpoint(data[CONF_SERVER][CONF_REALTIME_URL])
        parse_api_url(data[CONF_SERVER][CONF_API_URL])
    except InvalidRealtimeUrl, CannotConnectError:
        errors |= {CONF_SERVER: "cannot_connect"}
    return errors | _malformed_key(data)


def _malformed_key(data: Mapping[str, Any]) -> dict[str, str]:
    return {} if is_key(data[CONF_API_KEY]) else {CONF_API_KEY: "invalid_auth"}


def _errors_of(err: PrintagoError) -> dict[str, str]:
    """Return the errors of the form for a failed test, each at the field that is wrong."""
    if is_missing_api_access(err):
        return {"base": "no_api_access"}
    match err:
        case AuthenticationError():
            return {CONF_API_KEY: "invalid_auth"}
        case PermissionDeniedError():
            return {CONF_API_KEY: "forbidden"}
        case RateLimitedError():
            return {"base": "rate_limited"}
        case CannotConnectError() | OutcomeUnknownError() | NotFoundError():
            return {"base": "cannot_connect"}
    LOGGER.warning("Printago refused to list printers: %s", err)
    return {"base": "unknown"}


async def _async_store_name(client: PrintagoClient, store_id: str) -> str | None:
    """Return the store's name; a key that may not read it is accepted, too."""
    try:
        return (await client.stores(RequestPriority.USER)).get(store_id)
    except PrintagoError:
        return None


def _cleaned(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the input without pasted extras."""
    server = user_input[CONF_SERVER]
    return {
        CONF_STORE_ID: clean_store_id(user_input[CONF_STORE_ID]),
        CONF_API_KEY: clean_key(user_input[CONF_API_KEY]),
        CONF_SERVER: {
            CONF_API_URL: clean_address(server[CONF_API_URL]) or DEFAULT_API_URL,
            CONF_REALTIME_URL: clean_address(server[CONF_REALTIME_URL]) or DEFAULT_REALTIME_URL,
        },
    }


def _without_key(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != CONF_API_KEY}
