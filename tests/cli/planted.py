"""Distinct secrets in every field of the answers and of nova.conf, and a search that finds each part of them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mhv_tui.core import answerfile
from mhv_tui.core.machine import SECRET_KEYS
from mhv_tui.demo.scenes import answers_of, demo_secrets, state_of
from mhv_tui.engine.session import open_session

HOSTS = ("node", "register.controller", "node.copy_settings_from")
LABELS = ("vcenter.password", "cloud.password", *(f"{host}.{key}" for host in HOSTS for key in SECRET_KEYS))
"""Every secret of the answers, by its place in the answer file."""

OPTIONS = {
    "rabbit": "r4bb1t-demo",
    "nova": "n0va-demo",
    "placement": "pl4cement-demo",
    "neutron": "n3utron-demo",
}
"""Passwords that nova.conf of the scenes has; each is replaced by a planted one."""

ADDED = (
    "keystone_authtoken/memcache_secret_key",
    "neutron/metadata_proxy_shared_secret",
    "cinder/auth_token",
)
"""Further secrets that every nova.conf gets and that the new node needs."""
NOT_COPIED = ("database/connection", "ironic/password")
"""Secrets that every nova.conf gets; the new node does not need them."""


@dataclass(frozen=True)
class Secret:
    """A planted secret: eight letters that nothing else has, signs that every encoding changes, eight more letters."""

    name: str
    value: str

    @property
    def marks(self) -> tuple[bytes, ...]:
        """What betrays the secret, or its beginning or end alone, in any encoding; in small letters."""
        return tuple(mark.lower() for end in self.ends() for mark in spelled(end))

    def ends(self) -> tuple[str, ...]:
        return (self.value[:8], self.value[-8:]) if len(self.value) > 8 else (self.value,)


def spelled(text: str) -> Iterable[bytes]:
    """A text of ASCII letters as it is, percent-encoded, in hexadecimal digits, and in base64 at each offset."""
    raw = text.encode()
    yield from (raw, quote(text, safe="").encode(), raw.hex().encode(), json.dumps(text)[1:-1].encode())
    yield "".join(f"%{byte:02x}" for byte in raw).encode()
    for offset in range(3):
        digits = base64.b64encode(bytes(offset) + raw)
        yield digits[-(-offset * 8 // 6) : (offset + len(raw)) * 8 // 6]


@cache
def secret(name: str) -> Secret:
    digits = sha256(name.encode()).hexdigest()
    first, last = (re.sub("[0-9]", lambda d: "ghijklmnop"[int(d[0])], part) for part in (digits[:8], digits[8:16]))
    return Secret(name, f"{first.capitalize()}/'\"ä&{last.upper()}")


def planted(scene: str, kind: str) -> dict[str, Secret]:
    """Every secret of a session, by its name. A scene's simulated operator types the password that the scene has."""
    names = (*LABELS, *OPTIONS, *ADDED, *NOT_COPIED)
    typed = demo_secrets(scene) if kind == "prompt" else {}
    return {name: Secret(name, typed[name]) if name in typed else secret(name) for name in names}


def variable(label: str) -> str:
    """The environment variable of a secret of the answers."""
    return "AUDIT_" + label.replace(".", "_").upper()


def reference(label: str, kind: str, directory: Path) -> dict[str, str | bool]:
    """As the answer file refers to the secret; a file is written at once."""
    if kind == "file":
        path = directory / f"{label}.secret"
        path.write_text(secret(label).value + "\n", encoding="utf-8")
        return {"file": str(path)}
    return {"prompt": True} if kind == "prompt" else {"env": variable(label)}


def answers_with_secrets(scene: str, kind: str, directory: Path) -> str:
    """The scene's answer file with a reference in every field that is a secret."""
    answers = answers_of(scene)
    identity = state_of(scene)["cloud"]["identity"]
    login = {"auth_url": identity["auth_url"], "username": identity["username"], "project_name": identity["project"]}
    answers["cloud"] = {key: value for key, value in answers["cloud"].items() if key != "name"} | login
    for table, key in (("register", "controller"), ("node", "copy_settings_from")):
        answers[table][key] = {"host": answers.get(table, {}).get(key) or "compute1"}
    for label in LABELS:
        *tables, key = label.split(".")
        row: Any = answers
        for name in tables:
            row = row[name]
        row[key] = reference(label, kind, directory)
    return answerfile.dumps(answers)


def world_with_secrets(scene: str, secrets: Mapping[str, Secret]) -> dict[str, Any]:
    """The scene's world: its accounts have the planted passwords, and every nova.conf has planted secrets."""
    text = json.dumps(state_of(scene))
    for name, value in OPTIONS.items():
        text = text.replace(f":{value}@", f":{quote(secrets[name].value, safe='')}@")
        text = text.replace(value, json.dumps(secrets[name].value)[1:-1])
    world: dict[str, Any] = json.loads(text)
    if scene != "wrong-password":
        for row in world["vcenters"].values():
            for user in row["users"].values():
                user["password"] = secrets["vcenter.password"].value
    identity = world["cloud"]["identity"]
    world["cloud"]["users"] = {identity["username"]: secrets["cloud.password"].value}
    for machine in world["machines"].values():
        for path, file in machine["files"].items():
            if path == "/etc/nova/nova.conf":
                file["content"] = conf_with_secrets(file["content"], secrets)
    return world


def conf_with_secrets(text: str, secrets: Mapping[str, Secret]) -> str:
    """A nova.conf with further secrets: options, a URL, and a comment."""
    lines = [f"# old password: {secrets['ironic/password'].value}"]
    for name in (*ADDED, *NOT_COPIED):
        section, option = name.split("/")
        value = secrets[name].value
        value = f"mysql://nova:{quote(value, safe='')}@db1/nova" if option == "connection" else value
        lines += [f"[{section}]", f"{option} = {value}"]
    return f"{text}\n" + "\n".join(lines) + "\n"


def set_faults(session: str, world: Mapping[str, Any] | None, faults: Mapping[str, str]) -> None:
    """Sets the faults of a session's world; `world`: the world of a new session."""
    path = open_session(session).directory / "world.json"
    state = world or json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**state, "faults": dict(faults)}), encoding="utf-8")


def leaks(text: bytes, secrets: Iterable[Secret]) -> list[str]:
    """The names of the secrets that a text has, whole or in part."""
    small = text.lower()
    return [secret.name for secret in secrets if any(mark in small for mark in secret.marks)]


def beyond_its_places(world: bytes) -> bytes:
    """A simulated world without the places that must have secrets: accounts, nova.conf and its copies, faults."""
    state = json.loads(world)
    for row in state["vcenters"].values():
        del row["users"]
    del state["cloud"]["users"], state["cloud"]["settings"], state["faults"]
    for machine in state["machines"].values():
        private = [path for path, file in machine["files"].items() if is_private_conf(path, file)]
        for path in private:
            del machine["files"][path]
    return json.dumps(state, ensure_ascii=False).encode()


def is_private_conf(path: str, file: Mapping[str, Any]) -> bool:
    """A nova.conf, or mhv-tui's copy of one, that only root and nova can read."""
    return "/etc/nova/nova.conf" in path and file["mode"] & 0o007 == 0 and file["owner"] == "root"
