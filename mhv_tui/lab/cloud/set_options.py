"""Sets options in the configuration files of packages and keeps every other line.

    set_options.py FILE < settings.ini        settings in oslo.config's format: [section], then `name = value`

Runs inside a node and needs only Python; it never removes an option."""

import configparser
import re
import sys
from pathlib import Path


def main() -> None:
    """Reads the settings from stdin and rewrites FILE in place, so that it keeps its owner and mode."""
    target = Path(sys.argv[1])
    settings = configparser.RawConfigParser(
        default_section="no such section", delimiters=("=",), comment_prefixes=("#",)
    )
    settings.optionxform = str  # type: ignore[assignment, method-assign]
    settings.read_string(sys.stdin.read())
    lines = target.read_text(encoding="utf-8").splitlines() if target.exists() else []
    for section in settings.sections():
        for name, value in settings.items(section):
            put(lines, section, name, value)
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def put(lines: list[str], section: str, name: str, value: str) -> None:
    """Sets one option: replaces its line, else inserts it after its commented default, else at the section's top."""
    if f"[{section}]" not in lines:
        lines += ["", f"[{section}]"]
    first = lines.index(f"[{section}]") + 1
    last = next((i for i in range(first, len(lines)) if re.match(r"\[.+]$", lines[i])), len(lines))
    active = [i for i in range(first, last) if re.match(rf"{re.escape(name)}\s*=", lines[i])]
    if active:
        lines[active[0]] = f"{name} = {value}"
        return
    commented = [i + 1 for i in range(first, last) if re.match(rf"#\s?{re.escape(name)}\s*=", lines[i])]
    lines.insert(commented[0] if commented else first, f"{name} = {value}")


if __name__ == "__main__":
    main()
