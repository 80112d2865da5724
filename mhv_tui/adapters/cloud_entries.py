"""Lists the clouds that a login can name: the entries of clouds.yaml, and the environment. Contacts nothing.

Searches the same places as openstacksdk, but does not load it: the wizard needs the names before its first check.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from mhv_tui.adapters.failures import failure
from mhv_tui.core.openstack import ENVIRONMENT_CLOUD, CloudEntries, CloudEntry
from mhv_tui.core.paths import expanded, read_regular

LIMIT = 1 << 20
"""Bytes of the largest clouds.yaml that is read for its names."""

SUFFIXES = (".yaml", ".yml", ".json")


def cloud_entries() -> CloudEntries:
    """Returns the entries of the first clouds.yaml that openstacksdk would read, and the login of the environment."""
    path, clouds = next(_files(), ("", {}))
    entries = [_entry(name, entry, _short(path)) for name, entry in clouds.items() if isinstance(name, str)]
    if os.environ.get("OS_AUTH_URL"):
        name = os.environ.get("OS_CLOUD_NAME", ENVIRONMENT_CLOUD)
        is_taken = any(entry.name == name for entry in entries)
        source = f"environment (OS_*){'; its name is taken: set OS_CLOUD_NAME' if is_taken else ''}"
        entries.append(CloudEntry(name, _without_login(os.environ["OS_AUTH_URL"]), source))
    return CloudEntries(tuple(entries), _short(path), tuple(map(_short, search_path())))


def check_names() -> None:
    """Raises OS05 if the login of the environment has the name of an entry: openstacksdk then refuses every login."""
    entries = cloud_entries()
    names = [entry.name for entry in entries.entries]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        detail = f"{entries.file} and the environment (OS_*) both have a cloud named {twice}"
        remedy = f"Set OS_CLOUD_NAME to another name, unset OS_AUTH_URL, or rename {twice} in {entries.file}."
        raise failure("OS05", detail, subject=twice, remedy=remedy)


def search_path() -> Iterator[str]:
    """Yields the directories, in order, in which openstacksdk searches clouds.yaml; each once."""
    import platformdirs

    directories = platformdirs.PlatformDirs("openstack", "OpenStack", multipath=True)
    home = os.environ.get("SNAP_REAL_HOME") or str(expanded("~"))
    paths = [os.getcwd(), directories.user_config_dir, f"{home}/.config/openstack", directories.site_config_dir]
    yield from dict.fromkeys([*paths, "/etc/openstack"])


def config_files() -> Iterator[str]:
    """Yields the paths, in order, of which openstacksdk reads the first file."""
    if named := os.environ.get("OS_CLIENT_CONFIG_FILE"):
        yield named
    yield from (f"{directory}/clouds{suffix}" for directory in search_path() for suffix in SUFFIXES)


def _files() -> Iterator[tuple[str, Mapping[object, object]]]:
    """Yields path and entries of each readable file."""
    import yaml

    for path in config_files():
        try:
            document: object = yaml.safe_load(read_regular(path, LIMIT))
        except (OSError, ValueError, RecursionError, yaml.YAMLError):
            continue  # a login names the file and what is wrong in it
        clouds = document.get("clouds") if isinstance(document, Mapping) else None
        yield path, clouds if isinstance(clouds, Mapping) else {}


def _entry(name: str, entry: object, path: str) -> CloudEntry:
    auth = entry.get("auth") if isinstance(entry, Mapping) else None
    url = auth.get("auth_url") if isinstance(auth, Mapping) else None
    return CloudEntry(name, _without_login(url) if isinstance(url, str) else "", path)


def _without_login(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//", url)


def _short(path: str) -> str:
    """A path with ~ for the home directory."""
    home = str(Path(expanded("~")))
    return f"~{path.removeprefix(home)}" if path.startswith(f"{home}/") else path
