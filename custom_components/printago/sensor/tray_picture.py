"""Pictures of the color of filament, as addresses that contain the whole picture."""

from base64 import b64encode
from functools import lru_cache

_MOST_COLORS = 8
_OPAQUE = len("#RRGGBB")
_DISC = 'cx="12" cy="12" r="11.5"'
# What shows through translucent filament: a disc in two shades.
_GROUND = (
    f'<circle {_DISC} fill="#fff"/>'
    '<path fill="#bbb" d="M12 12V.5A11.5 11.5 0 0 1 23.5 12zM12 12v11.5A11.5 11.5 0 0 1 .5 12z"/>'
)


@lru_cache(maxsize=1024)
def color_picture(colors: tuple[str, ...]) -> str | None:
    """Return a disc in these colors (``#RRGGBB`` or ``#RRGGBBAA``) as a data URI; None without any color.

    The frontend puts it between ``url(`` and ``)`` without quotes, so it is base64.
    """
    if not colors:
        return None
    colors = colors[:_MOST_COLORS]
    shapes, fill = "", colors[0]
    if len(colors) > 1:
        shapes, fill = f'<linearGradient id="g">{_stops(colors)}</linearGradient>', "url(#g)"
    if any(len(color) > _OPAQUE for color in colors):
        shapes += _GROUND
    shapes += f'<circle {_DISC} fill="{fill}" stroke="#8888"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{shapes}</svg>'
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def _stops(colors: tuple[str, ...]) -> str:
    """Return the stops of a gradient of stripes with hard edges."""
    edges = [round(100 * place / len(colors)) for place in range(len(colors) + 1)]
    return "".join(
        f'<stop offset="{edge}%" stop-color="{color}"/>'
        for place, color in enumerate(colors)
        for edge in (edges[place], edges[place + 1])
    )
