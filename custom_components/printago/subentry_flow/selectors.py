"""Fields that several forms share."""

from collections.abc import Mapping

from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig, SelectSelectorMode

from ..model.spelling import distinct


def select_field(options: Mapping[str, str]) -> SelectSelector:
    """Return a drop-down list of these options, given as value → label, in alphabetical order."""
    listed = sorted(distinct(options).items(), key=lambda option: option[1].casefold())
    return SelectSelector(
        SelectSelectorConfig(
            options=[SelectOptionDict(value=value, label=label) for value, label in listed],
            mode=SelectSelectorMode.DROPDOWN,
        )
    )
