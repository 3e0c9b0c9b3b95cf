"""Adding a store, renewing its key, and changing its connection settings."""

from typing import Any

from homeassistant.config_entries import SOURCE_USER, ConfigEntryState
from homeassistant.const import CONF_API_KEY
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printago.api import PrintagoClient
from custom_components.printago.const import CONF_API_URL, CONF_REALTIME_URL, CONF_SERVER, CONF_STORE_ID, DOMAIN
from tests.conftest import entry_data
from virtual_farm import FarmConfig, Fault, VirtualFarm

pytestmark = [pytest.mark.usefixtures("enable_custom_integrations")]

OTHER_KEY = "otherkeyotherkeyotherkey_and_its_secret_rest"


async def start_user_flow(hass: HomeAssistant) -> str:
    """Start the flow as a user does, and return its ID."""
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    assert result["errors"] == {}
    return result["flow_id"]


def server_section(result: Any) -> tuple[dict[str, str], bool]:
    """Return the frontend's content of the server section of a form, and whether it is collapsed."""
    marker, section = next(item for item in result["data_schema"].schema.items() if item[0] == CONF_SERVER)
    return marker.default(), section.options["collapsed"]


async def unload(hass: HomeAssistant) -> None:
    """Unload the entry that a flow has set up."""
    for entry in hass.config_entries.async_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)


async def test_store_is_set_up_and_named_as_in_printago(hass: HomeAssistant, farm: VirtualFarm) -> None:
    flow_id = await start_user_flow(hass)

    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(farm))

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == farm.config.store_name
    assert result["data"] == entry_data(farm)
    assert result["description"] is None
    assert result["result"].unique_id == farm.config.store_id
    assert result["result"].state is ConfigEntryState.LOADED
    await unload(hass)


async def test_store_without_printers_is_set_up_with_a_hint(hass: HomeAssistant, farm: VirtualFarm) -> None:
    for printer in tuple(farm.world.printers):
        farm.remove_printer(printer)
    flow_id = await start_user_flow(hass)

    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(farm))

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["description"] == "no_printers"
    await unload(hass)


async def test_server_section_is_optional(
    hass: HomeAssistant, socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the section Printago's own addresses are used; no request is sent to them here."""
    asked: list[str] = []
    create = PrintagoClient.create

    def note_address(*args: Any, **kwargs: Any) -> PrintagoClient:
        asked.append(kwargs["api_url"])
        return create(*args, **{**kwargs, "api_url": "http://127.0.0.1:1"})

    monkeypatch.setattr(PrintagoClient, "create", note_address)
    flow_id = await start_user_flow(hass)

    result = await hass.config_entries.flow.async_configure(flow_id, {CONF_STORE_ID: "a" * 24, CONF_API_KEY: OTHER_KEY})

    assert asked == ["https://api.printago.io"]
    assert result["errors"] == {"base": "cannot_connect"}


@pytest.mark.parametrize(
    ("pasted_id", "pasted_key"),
    [
        ("  {id}\n", " {key} "),
        ("https://app.printago.io/stores/{id}/settings?tab=keys", "{key}"),
        ("{id}", "ApiKey {key}"),
        ("{id}", "authorization: ApiKey {key}"),
        ("“{id}”", "“{key}”"),
        ("\ufeff{id}\u200b", "\u00a0{key}\u200b\r\n"),
        ("'{id}'", '"Bearer {key}"'),
    ],
    ids=["blanks", "address", "scheme", "header", "quotes", "invisible", "bearer"],
)
async def test_pasted_blanks_and_addresses_are_cleaned(
    hass: HomeAssistant, farm: VirtualFarm, pasted_id: str, pasted_key: str
) -> None:
    flow_id = await start_user_flow(hass)

    result = await hass.config_entries.flow.async_configure(
        flow_id,
        entry_data(
            farm,
            store_id=pasted_id.format(id=farm.config.store_id),
            api_key=pasted_key.format(key=farm.config.api_key),
        ),
    )

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == entry_data(farm)
    await unload(hass)


@pytest.mark.parametrize("name", [None, "", " ", 5, ["Farm"], {}])
async def test_store_with_an_invalid_name_is_called_printago(hass: HomeAssistant, farm: VirtualFarm, name: Any) -> None:
    farm.world.store["name"] = name
    flow_id = await start_user_flow(hass)
    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(farm))
    assert result["title"] == "Printago"
    await unload(hass)


async def test_store_without_a_readable_name_is_called_printago(hass: HomeAssistant, farm: VirtualFarm) -> None:
    farm.inject_fault(Fault(mode="status", status=403, path="/v1/stores"))
    flow_id = await start_user_flow(hass)

    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(farm))

    assert result["title"] == "Printago"
    await unload(hass)


@pytest.mark.parametrize(
    ("fault", "field", "error"),
    [
        (Fault(mode="status", status=401), "api_key", "invalid_auth"),
        (Fault(mode="status", status=403), "api_key", "forbidden"),
        (Fault(mode="status", status=401, message="No API access for hobbyist accounts"), "base", "no_api_access"),
        (Fault(mode="status", status=402, message="A commercial account is required"), "base", "no_api_access"),
        (Fault(mode="status", status=403, message="Non-commercial accounts have no API"), "base", "no_api_access"),
        (Fault(mode="status", status=429, retry_after=1), "base", "rate_limited"),
        (Fault(mode="status", status=400), "base", "unknown"),
        (Fault(mode="status", status=404), "base", "cannot_connect"),
        (Fault(mode="status", status=503), "base", "cannot_connect"),
        (Fault(mode="html", status=502), "base", "cannot_connect"),
        (Fault(mode="html", status=200), "base", "cannot_connect"),
        (Fault(mode="reset", count=2), "base", "cannot_connect"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.mode}-{value.status}",
)
async def test_error_is_shown_at_its_field_and_a_second_attempt_succeeds(
    hass: HomeAssistant, farm: VirtualFarm, fault: Fault, field: str, error: str
) -> None:
    farm.inject_fault(fault)
    flow_id = await start_user_flow(hass)

    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(farm))
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {field: error}

    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(farm))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await unload(hass)


async def test_wrong_key_is_invalid(hass: HomeAssistant, farm: VirtualFarm) -> None:
    flow_id = await start_user_flow(hass)
    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(farm, api_key=OTHER_KEY))
    assert result["errors"] == {"api_key": "invalid_auth"}


async def test_key_that_may_not_view_printers_is_forbidden(hass: HomeAssistant, farm: VirtualFarm) -> None:
    farm.add_api_key(OTHER_KEY, ["part.view"])
    flow_id = await start_user_flow(hass)
    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(farm, api_key=OTHER_KEY))
    assert result["errors"] == {"api_key": "forbidden"}


NONSENSE: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "store": ({CONF_STORE_ID: "../secrets"}, {"store_id": "invalid_store_id"}),
    "store cut": ({CONF_STORE_ID: "a" * 23}, {"store_id": "invalid_store_id"}),
    "store empty": ({CONF_STORE_ID: " "}, {"store_id": "invalid_store_id"}),
    "key as store": ({CONF_STORE_ID: "abcdefghijklmnopqrstuvwx_rest"}, {"store_id": "invalid_store_id"}),
    "line break": ({CONF_API_KEY: "two\nlines"}, {"api_key": "invalid_auth"}),
    "umlaut": ({CONF_API_KEY: "schlüssel"}, {"api_key": "invalid_auth"}),
    "other script": ({CONF_API_KEY: "ключ" * 10}, {"api_key": "invalid_auth"}),
    "key empty": ({CONF_API_KEY: '""'}, {"api_key": "invalid_auth"}),
    "all": (
        {CONF_STORE_ID: "?", CONF_API_KEY: "ü", CONF_SERVER: {CONF_API_URL: "?"}},
        {"store_id": "invalid_store_id", "api_key": "invalid_auth", "server": "cannot_connect"},
    ),
    "credentials": ({CONF_SERVER: {CONF_API_URL: "http://me:word@127.0.0.1"}}, {"server": "cannot_connect"}),
    "scheme": ({CONF_SERVER: {CONF_API_URL: "ftp://127.0.0.1"}}, {"server": "cannot_connect"}),
    "address": ({CONF_SERVER: {CONF_API_URL: "http://[::1"}}, {"server": "cannot_connect"}),
    "realtime": ({CONF_SERVER: {CONF_REALTIME_URL: "https://127.0.0.1"}}, {"server": "cannot_connect"}),
}


@pytest.mark.parametrize("what", NONSENSE)
async def test_invalid_input_is_refused_at_its_field_without_a_request(
    hass: HomeAssistant, farm: VirtualFarm, what: str
) -> None:
    changes, errors = NONSENSE[what]
    flow_id = await start_user_flow(hass)

    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(farm, **changes))

    assert result["errors"] == errors
    assert farm.requests == []


async def test_every_error_is_at_a_place_where_the_frontend_shows_it(hass: HomeAssistant, farm: VirtualFarm) -> None:
    """It shows an error at fields on the top level of a form, not at those in a section."""
    flow_id = await start_user_flow(hass)
    for changes, errors in NONSENSE.values():
        result = await hass.config_entries.flow.async_configure(flow_id, entry_data(farm, **changes))
        assert errors.keys() <= {str(marker) for marker in result["data_schema"].schema}


async def test_defect_is_shown_as_unknown_and_logged_without_the_key(
    hass: HomeAssistant, farm: VirtualFarm, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_: PrintagoClient) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(PrintagoClient, "has_printers", fail)
    flow_id = await start_user_flow(hass)

    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(farm))

    assert result["errors"] == {"base": "unknown"}
    assert "a defect" in caplog.text
    assert farm.config.api_key[:24] not in caplog.text


async def test_same_store_is_not_added_twice(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    flow_id = await start_user_flow(hass)
    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(farm))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"


async def test_reauth_takes_a_new_key(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    farm.add_api_key(OTHER_KEY)
    result = await entry.start_reauth_flow(hass)
    assert result["step_id"] == "reauth_confirm"
    assert result["description_placeholders"]["store"] == entry.title

    wrong = await hass.config_entries.flow.async_configure(result["flow_id"], {CONF_API_KEY: "wrong" * 8})
    assert wrong["errors"] == {"api_key": "invalid_auth"}
    wrong = await hass.config_entries.flow.async_configure(result["flow_id"], {CONF_API_KEY: "schlüssel"})
    assert wrong["errors"] == {"api_key": "invalid_auth"}

    result = await hass.config_entries.flow.async_configure(result["flow_id"], {CONF_API_KEY: f"“ApiKey {OTHER_KEY}”"})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert result["translation_domain"] == "homeassistant", "which has the words for it"
    await hass.async_block_till_done()
    assert entry.data == entry_data(farm, api_key=OTHER_KEY)
    assert entry.state is ConfigEntryState.LOADED


async def test_the_same_key_reloads_the_store(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """A store that refused its own key for some time continues."""
    before = entry.runtime_data.coordinator
    result = await entry.start_reauth_flow(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], {CONF_API_KEY: farm.config.api_key})
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert entry.runtime_data.coordinator is not before
    assert "update listener" not in caplog.text


async def test_new_key_loads_a_store_that_was_not_loaded(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.add_api_key(OTHER_KEY)
    await unload(hass)
    result = await entry.start_reauth_flow(hass)
    await hass.config_entries.flow.async_configure(result["flow_id"], {CONF_API_KEY: OTHER_KEY})
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED


async def test_saved_prints_can_be_added_to_a_store(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    assert entry.supported_subentry_types == {
        kind: {"supports_reconfigure": True} for kind in ("saved_print", "energy_meter", "spool_weight")
    }


async def test_reconfigure_changes_servers_and_does_not_show_the_key(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    result = await entry.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    suggested = {
        str(marker): marker.description for marker in result["data_schema"].schema if marker.description is not None
    }
    assert suggested["store_id"] == {"suggested_value": farm.config.store_id}
    assert "api_key" not in suggested

    async with VirtualFarm(FarmConfig(speed=0)) as moved:
        result = await hass.config_entries.flow.async_configure(result["flow_id"], entry_data(moved))
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == "reconfigure_successful"
        assert result["translation_domain"] == "homeassistant", "which has the words for it"
        await hass.async_block_till_done()
        assert entry.data == entry_data(moved)
        assert moved.requests
        await unload(hass)


async def test_custom_servers_stay_in_the_form_and_are_expanded(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    """The frontend fills a section from its default only."""
    result = await entry.start_reconfigure_flow(hass)
    assert server_section(result) == (entry_data(farm)[CONF_SERVER], False)

    result = await hass.config_entries.flow.async_configure(result["flow_id"], entry_data(farm, api_key=OTHER_KEY))
    assert result["errors"] == {"api_key": "invalid_auth"}
    assert server_section(result) == (entry_data(farm)[CONF_SERVER], False)


async def test_default_servers_are_collapsed(hass: HomeAssistant) -> None:
    result = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    usual = {CONF_API_URL: "https://api.printago.io", CONF_REALTIME_URL: "wss://realtime.printago.io"}
    assert server_section(result) == (usual, True)


async def test_flow_left_open_elsewhere_does_not_block_another(hass: HomeAssistant, farm: VirtualFarm) -> None:
    left_open = await start_user_flow(hass)
    result = await hass.config_entries.flow.async_configure(left_open, entry_data(farm, api_key=OTHER_KEY))
    assert result["type"] is FlowResultType.FORM

    result = await hass.config_entries.flow.async_configure(await start_user_flow(hass), entry_data(farm))

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    await unload(hass)


async def test_reconfigure_shows_errors(hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry) -> None:
    result = await entry.start_reconfigure_flow(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], entry_data(farm, api_key="wrong" * 8))
    assert result["errors"] == {"api_key": "invalid_auth"}
    result = await hass.config_entries.flow.async_configure(result["flow_id"], entry_data(farm, store_id="a" * 23))
    assert result["errors"] == {"store_id": "invalid_store_id"}, "which is no other store"


async def test_reconfigure_refuses_another_store(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    result = await entry.start_reconfigure_flow(hass)
    result = await hass.config_entries.flow.async_configure(result["flow_id"], entry_data(farm, store_id="b" * 24))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "wrong_store"


# Several flows at the same time


async def test_two_reconfigure_flows_finish_one_after_the_other(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.add_api_key(OTHER_KEY)
    first, second = [(await entry.start_reconfigure_flow(hass))["flow_id"] for _ in range(2)]
    # Each has been submitted once, so Home Assistant knows their unique ID.
    for flow_id in (first, second):
        result = await hass.config_entries.flow.async_configure(flow_id, entry_data(farm, api_key="wrong" * 8))
        assert result["errors"] == {"api_key": "invalid_auth"}

    for flow_id, key in ((first, OTHER_KEY), (second, farm.config.api_key)):
        result = await hass.config_entries.flow.async_configure(flow_id, entry_data(farm, api_key=key))
        assert result["reason"] == "reconfigure_successful"
        # The second one is submitted while the store reloads.
    await hass.async_block_till_done()

    assert entry.data == entry_data(farm)
    assert entry.state is ConfigEntryState.LOADED
    assert not hass.config_entries.flow.async_progress_by_handler(DOMAIN)


async def test_reconfigure_works_while_other_flows_of_the_store_are_open(
    hass: HomeAssistant, farm: VirtualFarm, entry: MockConfigEntry
) -> None:
    farm.add_api_key(OTHER_KEY)
    await entry.start_reauth_flow(hass)
    user = await start_user_flow(hass)
    left_open = (await entry.start_reconfigure_flow(hass))["flow_id"]
    await hass.config_entries.flow.async_configure(left_open, entry_data(farm, api_key="wrong" * 8))

    flow_id = (await entry.start_reconfigure_flow(hass))["flow_id"]
    result = await hass.config_entries.flow.async_configure(flow_id, entry_data(farm, api_key=OTHER_KEY))

    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data[CONF_API_KEY] == OTHER_KEY
    result = await hass.config_entries.flow.async_configure(user, entry_data(farm))
    assert result["reason"] == "already_configured"
