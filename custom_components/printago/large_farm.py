"""What is enabled of a printer where a farm is too large for everything.

Home Assistant takes 10,000 enabled entities of a config entry and no more (``MAX_ENABLED_ENTITIES_PER_CONFIG_ENTRY``); a
printer has about 40, with four AMS units more than 50.
"""

MOST_WITH_EVERYTHING = 180
"""Printers of a farm that may have everything that is enabled by default."""

ESSENTIAL = frozenset(
    {
        *("print_status", "readiness", "print_progress", "end_time", "current_job", "last_print_result"),
        *("nozzle_temp", "bed_temp"),
        *("online", "printing", "bed_needs_clearing", "hms"),
        *("confirm_bed_cleared", "pause", "resume", "stop", "enabled"),
        *("print", "alert"),
    }
)
"""What each printer of a larger farm has enabled: 500 printers then have 9,500 entities, and the farm its own."""


def enabled_by_default(key: str, printers: int) -> bool:
    """Return whether an entity of a printer may be enabled when it is registered in a farm of so many printers."""
    return printers <= MOST_WITH_EVERYTHING or key in ESSENTIAL
