"""Runs on a compute node with its own Python: reads nova's configuration files with nova's definitions of its options.

Arguments: the files. Prints one JSON object for each option that is unknown, has a deprecated name or a wrong value,
and at the end the number of options.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

from keystoneauth1 import loading
from oslo_config import cfg, generator

NAMES = ("nova.conf", "keystonemiddleware.auth_token", "os_vif", "oslo.")
"""Beginnings of the names under which nova and its libraries publish their definitions."""


def definitions() -> Iterator[tuple[str, Any]]:
    """The group and the definition of each option; those of the login that a service uses are not published."""
    points: Any = entry_points()
    rows = points.select(group="oslo.config.opts") if hasattr(points, "select") else points["oslo.config.opts"]
    names = sorted({row.name for row in rows if row.name.startswith(NAMES)})
    for _, groups in vars(generator)["_list_opts"](names):
        for group, options in groups:
            for option in options:
                yield str(getattr(group, "name", group) or "DEFAULT"), option
    for option in loading.get_auth_plugin_conf_options("password"):
        yield "keystone_authtoken", option


def wrong_value(options: Any, name: str) -> str:
    """Why oslo.config refuses the value of an option; "" if it accepts the value."""
    try:
        getattr(options, name)
    except ValueError as error:
        return str(error)
    return ""


def main(files: list[str]) -> None:
    """Prints what is wrong in the files."""
    conf, deprecated = cfg.ConfigOpts(), set()
    names: dict[tuple[str, str], str] = {}
    conf([], default_config_files=files)
    for group, option in definitions():
        with contextlib.suppress(cfg.DuplicateOptError):
            conf.register_opt(option, group=None if group == "DEFAULT" else group)
        names[group, option.name] = names[group, option.dest] = option.dest
        deprecated |= {(old.group or group, old.name or option.name) for old in option.deprecated_opts}
    count = 0
    for file in files:
        sections: dict[str, dict[str, list[str]]] = {}
        cfg.ConfigParser(file, sections).parse()
        for group, name in [(group, name) for group, options in sections.items() for name in options]:
            count += 1
            if (group, name) in names:
                problem = wrong_value(conf if group == "DEFAULT" else conf[group], names[group, name])
            else:
                problem = "deprecated name" if (group, name) in deprecated else "unknown option"
            if problem:
                print(json.dumps({"file": file, "group": group, "name": name, "problem": problem}))
    print(json.dumps({"options": count}))


if __name__ == "__main__":
    main(sys.argv[1:])
