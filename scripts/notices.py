"""Licences of everything that `requirements.txt` installs: `python scripts/notices.py > THIRD_PARTY_NOTICES.md`."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distribution
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Prints one line a package, dependencies of dependencies included."""
    found: dict[str, Distribution] = {}
    waiting = [
        name(line) for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines() if name(line)
    ]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        try:
            found[one] = distribution(one)
        except ModuleNotFoundError:
            continue  # asked for on other systems only
        waiting += [name(r) for r in found[one].requires or [] if "extra ==" not in r]
    print("# Third-party notices\n")
    print("What the app installs, with the licence that each package declares. Printed by `python scripts/notices.py`.")
    print("Sources and licences of the demo model's training text: [demo_model/README.md](demo_model/README.md).\n")
    print("| package | version | licence |\n|---|---|---|")
    for one in sorted(found):
        print(f"| {one} | {found[one].version} | {licence(found[one])} |")


def name(requirement: str) -> str:
    """The package in a line of requirements, normalised; empty for a comment."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement.strip())
    return re.sub(r"[-_.]+", "-", match.group()).lower() if match else ""


def licence(package: Distribution) -> str:
    """The declared licence expression, else the classifiers, else the first line of the old field."""
    declared = package.metadata.get("License-Expression")
    if declared:
        return declared
    classified = [
        c.rsplit(" :: ", 1)[-1] for c in package.metadata.get_all("Classifier") or [] if c.startswith("License")
    ]
    if classified:
        return ", ".join(classified)
    lines = (package.metadata.get("License") or "").strip().splitlines()
    return lines[0][:80] if lines else "see the package"


if __name__ == "__main__":
    main()
