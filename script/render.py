"""Render the drawings in brand/ to the images that Home Assistant shows; see script/brand."""

from pathlib import Path
import re

import resvg_py

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "brand"
TARGET = ROOT / "custom_components" / "printago" / "brand"
HEIGHTS = {"icon": 256, "logo": 160}
# On dark backgrounds the layers are bright and the nozzle is steel-colored.
DARK = {
    "#3a4a56": "#d3dce2",
    "#35bcab": "#7be3d3",
    "#2cb2a2": "#68d8c7",
    "#22a799": "#57cdbc",
    "#199b90": "#47c2b1",
    "#128f86": "#38b7a6",
    "#0d847c": "#2bac9b",
    "#0a7973": "#1fa190",
    "#086e6b": "#169686",
}


def main() -> None:
    """Render each drawing for light and dark backgrounds, in one size and in double size."""
    TARGET.mkdir(exist_ok=True)
    for kind, height in HEIGHTS.items():
        light = (SOURCE / f"{kind}.svg").read_text(encoding="utf-8")
        dark = re.sub("#[0-9a-f]{6}", lambda color: DARK.get(color[0], color[0]), light)
        for prefix, drawing in (("", light), ("dark_", dark)):
            for scale, suffix in ((1, ""), (2, "@2x")):
                image = bytes(resvg_py.svg_to_bytes(svg_string=drawing, height=height * scale))
                (TARGET / f"{prefix}{kind}{suffix}.png").write_bytes(image)


if __name__ == "__main__":
    main()
