"""The kinds of login to a lab's cloud, and what mhv-tui detects with each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.lab import cloud, tls
from mhv_tui.lab.lab import Lab, open_lab
from tests.lab.running_lab import RunningLab

LOGINS = ("answers", "clouds.yaml", "application credential", "environment")
"""Where the login comes from; each names the authority in its own way."""

Found = dict[str, Any]
"""An event of a finding."""


@contextmanager
def _credential(lab: RunningLab) -> Iterator[dict[str, str]]:
    """The login with an application credential of the administrator, as `auth` in clouds.yaml."""
    created = lab.openstack("application credential create --secret lab-secret mhv-tui")
    key = created.get("id") or created["ID"]  # the client of 2026.2 writes ID
    url = cloud.auth_url(open_lab(lab.name))
    yield {"auth_url": url, "application_credential_id": key, "application_credential_secret": "lab-secret"}
    lab.ssh("controller", f"{lab.openrc()} openstack application credential delete mhv-tui")


def _table(kind: str, lab: Lab, auth: dict[str, str], directory: Path, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The table [cloud] for a login of this kind, which is written to clouds.yaml or into the environment."""
    if kind == "environment":
        patch.setenv("OS_CACERT", str(tls.ca_file(lab)))
        patch.setenv("OS_REGION_NAME", cloud.REGION)
        for name, value in auth.items():
            patch.setenv(f"OS_{name.upper()}", value)
        return {"name": "envvars"}
    entry = {"auth": auth, "region_name": cloud.REGION, **tls.client_options(lab)}
    if "application_credential_id" in auth:
        entry["auth_type"] = "v3applicationcredential"
    (directory / "clouds.yaml").write_text(json.dumps({"clouds": {"tls": entry}}))
    patch.setenv("OS_CLIENT_CONFIG_FILE", str(directory / "clouds.yaml"))
    return {"name": "tls"}


def findings_of_login(running: RunningLab, kind: str) -> list[Found]:
    """The findings of the page `cloud` with a login of this kind, without the answer cloud.release."""
    lab, table = open_lab(running.name), running.document()["cloud"]
    with pytest.MonkeyPatch.context() as patch, _credential(running) as credential:
        if kind != "answers":
            auth = credential if kind == "application credential" else cloud.login(lab)
            table = dict.fromkeys(table, "") | _table(kind, lab, auth, running.directory, patch)
        answers = str(running.answers("login", cloud={**table, "release": ""}))
        result = running.mhv("check", answers, "--step", "cloud", "--json")
    return [event for event in running.events(result) if event["event"] == "found"]
