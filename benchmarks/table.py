"""The document of the benchmarks as markdown tables."""

from __future__ import annotations

from typing import Any

from benchmarks.rounds import Times

# How much faster than on two cores a forward pass is taken to be on eight cores and on a GPU: estimates, not measured.
FASTER = (3, 40)
_OWN_TABLES = ("peaks", "scaling", "sizes")


def markdown(document: dict[str, Any]) -> str:
    """Tables of everything that was measured."""
    about = document["about"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    lines = [f"{about['date']}, {about['machine']}, {about['threads']} threads; {versions}.", ""]
    for shape in ("demo", "gpt2-small", "smollm2"):
        parts = {name: part for name, part in document.get(shape, {}).items() if name not in _OWN_TABLES}
        for part in _parts(parts):
            title = f"{shape}, {part['pairs']} pairs" if "pairs" in part else shape
            lines += [f"### {title}", "", "| what | seconds | fastest to slowest |", "|---|---:|---|"]
            lines += [_row(name, times) for name, times in part["times"].items()]
            lines += ["", *[f"- `{key}` {value:.3f}" for key, value in part.items() if isinstance(value, float)], ""]
            for name, found in part.get("sets", {}).items():
                lines += [f"{name} beside float32:", ""]
                lines += [*[f"- `{key}` {value:.4g}" for key, value in found.items()], ""]
        lines += _peaks(shape, document.get(shape, {}))
    single = (
        "first_page_memory_mb",
        "idle_memory_mb",
        "server_up_seconds",
        "first_page_seconds",
        "first_page_warm_seconds",
    )
    lines += [f"- `{key}` {document[key]:.2f}" for key in single if key in document]
    if "page_ms" in document:
        lines += ["", "| page | a click, median ms | 95 % below | first opening |", "|---|---:|---:|---:|"]
        lines += [
            f"| {page} | {one['p50']:.0f} | {one['p95']:.0f} | {one['open']:.0f} |"
            for page, one in document["page_ms"].items()
        ]
    for name, waited in document.get("waits", {}).items():
        lines += ["", f"### What a visitor waits for, {name}", ""]
        lines += ["| what | seconds | of it forward passes | 8 cores | a GPU |", "|---|---:|---:|---:|---:|"]
        for what, (seconds, passes) in waited.items():
            elsewhere = " | ".join(f"{seconds - passes + passes / faster:.1f}" for faster in FASTER)
            lines.append(f"| {what} | {seconds:.1f} | {passes:.1f} | {elsewhere} |")
    return "\n".join(lines)


def _peaks(name: str, shape: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    if "peaks" in shape:
        lines += [
            f"### {name}, one build in a process of its own",
            "",
            "| what | peak, MB | seconds |",
            "|---|---:|---:|",
        ]
        lines += [f"| {who} | {one['peak_mb']:.0f} | {one['seconds']:.2f} |" for who, one in shape["peaks"].items()]
    if "scaling" in shape:
        lines += ["", f"### {name}, more texts", "", "| texts | peak, MB | seconds | milliseconds a text |"]
        lines += ["|---:|---:|---:|---:|"]
        lines += [
            f"| {count} | {one['peak_mb']:.0f} | {one['seconds']:.1f} | {one['milliseconds_a_text']:.2f} |"
            for count, one in shape["scaling"].items()
        ]
    if "sizes" in shape:
        lines += ["", "### Larger models", ""]
        lines += ["| million parameters | weights, MB | peak, MB | milliseconds a text | of the bare forward |"]
        lines += ["|---:|---:|---:|---:|---:|"]
        lines += [
            f"| {millions} | {one['weights_mb']:.0f} | {one['peak_mb']:.0f} | {one['milliseconds_a_text']:.1f} "
            f"| {one['seconds'] / one['floor_seconds']:.2f} |"
            for millions, one in shape["sizes"].items()
        ]
    return [*lines, ""] if lines else []


def _parts(shape: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for part in shape.values() for one in (part if isinstance(part, list) else [part])]


def _row(name: str, times: Times) -> str:
    fastest, slowest = times.spread
    return f"| {name} | {times.median:.3f} | {fastest:.3f} to {slowest:.3f} |"
