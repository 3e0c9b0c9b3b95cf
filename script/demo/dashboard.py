"""The demo's dashboard: the integration's own."""

from .demo import Demo

PATH = "print-farm"


async def add_dashboard(demo: Demo) -> None:
    """Add the dashboard to the sidebar, as *Add dashboard* does."""
    client = demo.home_assistant.client
    await client.command(
        "lovelace/dashboards/create",
        url_path=PATH,
        title="Print farm",
        icon="mdi:printer-3d-nozzle",
        mode="storage",
        show_in_sidebar=True,
        require_admin=False,
    )
    config = {"strategy": {"type": "custom:printago-farm"}}
    await client.command("lovelace/config/save", url_path=PATH, config=config)
