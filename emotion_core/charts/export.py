"""Charts as files to take along."""

from __future__ import annotations

from typing import Any, Literal

import altair as alt
import vl_convert

_EXPORT_WIDTH = 640
_EXPORT_HEIGHT = 340


def chart_bytes(chart: alt.TopLevelMixin, kind: Literal["png", "svg"]) -> bytes:
    """A chart as a PNG (twice the pixels, for print and slides) or an SVG, on white."""
    spec = _sized(chart.to_dict())
    if kind == "png":
        return bytes(vl_convert.vegalite_to_png(spec, scale=2.0))
    return str(vl_convert.vegalite_to_svg(spec)).encode()


def _sized(spec: dict[str, Any]) -> dict[str, Any]:
    """On a page a chart takes the width it gets; in a file it needs one of its own."""
    spec = {**spec, "background": "white"}
    if "hconcat" not in spec and "vconcat" not in spec:
        if spec.get("width") in (None, "container"):
            spec["width"] = _EXPORT_WIDTH
        if spec.get("height") in (None, "container"):
            spec["height"] = _EXPORT_HEIGHT
    return spec
