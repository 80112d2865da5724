"""A systemd service and a timer that run the checks of one session, as text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

_UNITS = tomllib.loads(resources.files("mhv_tui.export").joinpath("timer.toml").read_text(encoding="utf-8"))

UNITS = "/etc/systemd/system"


@dataclass(frozen=True, kw_only=True)
class CheckTimer:
    """What the service runs, and as whom."""

    name: str
    """The name of the session."""
    command: Sequence[str]
    user: str
    directory: str
    """The working directory, to which relative paths in the answers refer."""
    state: str
    """The directory that the checks write to."""
    variables: Mapping[str, str]
    """Variables of the environment with which the checks run."""
    secrets: Sequence[str]
    """Names of the variables that have secrets; their values are in a file of their own."""

    @property
    def unit(self) -> str:
        return f"mhv-tui-check-{self.name}"

    @property
    def secrets_file(self) -> str:
        return f"/etc/mhv-tui/{self.name}.env"


def timer_text(timer: CheckTimer) -> str:
    """The text of both units, each below a line with its path."""
    environment = [f"Environment={_word(f'{name}={value}')}" for name, value in timer.variables.items()]
    if timer.secrets:
        lines = ", ".join(f"{name}=VALUE" for name in timer.secrets)
        environment.append(f"# A file that only root can read, with a line for each secret: {lines}")
        environment.append(f"EnvironmentFile={timer.secrets_file}")
    fields = {
        "name": timer.name,
        "command": " ".join(_word(word.replace("$", "$$")) for word in timer.command),
        "user": timer.user,
        "environment": "\n".join(environment),
        "directory": timer.directory.replace("%", "%%"),
        "state": _word(timer.state),
    }
    texts = {kind: re.sub(r"\n\n(?!\[)", "\n", text.strip().format(**fields)) for kind, text in _UNITS.items()}
    return "\n".join(f"# {UNITS}/{timer.unit}.{kind}\n{text}\n" for kind, text in texts.items())


def install_sentence(timer: CheckTimer, command: str) -> str:
    """How to install what `command` prints."""
    files = f"""{command} | sudo awk '$2 ~ "^{UNITS}/" {{file = $2}} {{print > file}}'"""
    start = f"sudo systemctl daemon-reload && sudo systemctl enable --now {timer.unit}.timer"
    return f"To install both units, run: {files} && {start}"


def _word(text: str) -> str:
    """A word of a setting: systemd expands %, and splits at blanks."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"' if re.search(r"[\s\"'\\;#]", escaped) or not escaped else escaped
