"""The document of the benchmarks as markdown tables."""

from __future__ import annotations

from typing import Any

from benchmarks.rounds import Times


def markdown(document: dict[str, Any]) -> str:
    """Tables of everything that was measured."""
    about = document["about"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    lines = [f"{about['date']}, {about['machine']}, {about['threads']} threads; {versions}.", ""]
    for shape in ("demo", "gpt2-small"):
        for part in _parts(document.get(shape, {})):
            title = f"{shape}, {part['pairs']} pairs" if "pairs" in part else shape
            lines += [f"### {title}", "", "| what | seconds | fastest to slowest |", "|---|---:|---|"]
            lines += [_row(name, times) for name, times in part["times"].items()]
            lines += ["", *[f"- `{key}` {value:.3f}" for key, value in part.items() if isinstance(value, float)], ""]
    single = ("idle_memory_mb", "server_up_seconds", "first_page_seconds", "first_page_warm_seconds")
    lines += [f"- `{key}` {document[key]:.2f}" for key in single if key in document]
    if "page_ms" in document:
        lines += ["", "| page | a click, median ms | 95 % below | first opening |", "|---|---:|---:|---:|"]
        lines += [
            f"| {page} | {one['p50']:.0f} | {one['p95']:.0f} | {one['open']:.0f} |"
            for page, one in document["page_ms"].items()
        ]
    return "\n".join(lines)


def _parts(shape: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for part in shape.values() for one in (part if isinstance(part, list) else [part])]


def _row(name: str, times: Times) -> str:
    fastest, slowest = times.spread
    return f"| {name} | {times.median:.3f} | {fastest:.3f} to {slowest:.3f} |"
