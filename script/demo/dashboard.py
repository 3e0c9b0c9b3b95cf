"""The demo's dashboard: the integration's own."""

from typing import Any

from .demo import Demo

PATH = "print-farm"


async def add_dashboard(demo: Demo) -> None:
    """Add the dashboard to the sidebar, as *Add dashboard* does."""
    await save_dashboard(demo, PATH, "Print farm", {"strategy": {"type": "custom:printago-farm"}})


async def save_dashboard(demo: Demo, path: str, title: str, config: dict[str, Any]) -> None:
    """Add a dashboard with a configuration to the sidebar."""
    client = demo.home_assistant.client
    await client.command(
        "lovelace/dashboards/create",
        url_path=path,
        title=title,
        icon="mdi:printer-3d-nozzle",
        mode="storage",
        show_in_sidebar=True,
        require_admin=False,
    )
    await client.command("lovelace/config/save", url_path=path, config=config)
