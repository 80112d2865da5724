"""A session with planted secrets: runs commands in it with debugging on, and collects every place that they fill."""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from mhv_tui.steps import FLOW
from tests.cli import watched
from tests.cli.planted import (
    ADDED,
    LABELS,
    NOT_COPIED,
    OPTIONS,
    answers_with_secrets,
    beyond_its_places,
    leaks,
    planted,
    secret,
    set_faults,
    variable,
    world_with_secrets,
)
from tests.tui.terminals import PtyProgram

SESSION = "audit"
TYPED = ("vcenter.password", "cloud.password")
"""The secrets that line prompts ask for."""
PROGRAM = [sys.executable, "-m", "tests.cli.audited"]
PROMPT = re.compile(rb"^(\w+) [(\[](?:(?!\n\w+ [(\[]).)*\]: \Z|(Enter go on: |\[y/N\] )\Z", re.MULTILINE | re.DOTALL)
"""A question of the line prompts, in one or more lines: for an answer, or whether to go on."""


@dataclass
class Audit:
    """One session with planted secrets, and every place that its commands have filled."""

    scene: str
    kind: str
    directory: Path
    places: dict[str, bytes] = field(default_factory=dict)
    commands: int = 0
    names: set[str] = field(default_factory=set)
    """Of the commands that ran."""

    def __post_init__(self) -> None:
        self.secrets = planted(self.scene, self.kind)
        self.temporary = self.directory / "tmp"
        self.temporary.mkdir()
        self.file = self.directory / "answers.toml"
        self.file.write_text(answers_with_secrets(self.scene, self.kind, self.directory), encoding="utf-8")
        self.log = self.directory / "nova-compute.log"
        self.log.write_text(self._nova_log(), encoding="utf-8")
        self.operator = {variable(label): secret(label).value for label in LABELS} if self.kind == "env" else {}
        self.env = {"TMPDIR": str(self.temporary), "MHV_DEMO_PACE": "0", **self.operator}
        set_faults(SESSION, world_with_secrets(self.scene, self.secrets), {})

    def _nova_log(self) -> str:
        password = quote(self.secrets["rabbit"].value, safe="")
        return f"ERROR nova AMQP server rabbit://openstack:{password}@controller1:5672 is unreachable\n"

    def _sent(self, operation: str) -> list[str]:
        """The secrets that a far side can have when it does this: those of the answers, and of nova.conf."""
        typed = TYPED if self.kind == "prompt" else LABELS
        of_conf = {"node.write": (*OPTIONS, *ADDED, *NOT_COPIED), "undo": (*OPTIONS, *ADDED)}.get(operation, ())
        return [self.secrets[name].value for name in (*typed, *of_conf)]

    def echo(self, operation: str, code: str = "VC21") -> str:
        """What a far side answers that sends back every secret that it was sent, in several encodings."""
        values = self._sent(operation)
        body = json.dumps(values, ensure_ascii=False).encode()
        spelled = [json.dumps(values), quote(values[0]), body.hex(), base64.b64encode(body).decode()]
        return f"{code} it answers {'; '.join([*values, *spelled])}"

    def crash(self, operation: str) -> str:
        """A fault that ends in a defect whose text has every secret."""
        return "".join(self._sent(operation))

    def run(self, *arguments: str, faults: Mapping[str, str] | None = None, leak: str = "") -> bytes:
        """Runs a command in a process of its own. Returns its stdout."""
        if faults is not None:
            set_faults(SESSION, None, faults)
        env = {**self.env, "LEAK": f"{leak} {variable(LABELS[0])}"} if leak else self.env
        results = watched.run([*PROGRAM, *arguments], env, frozenset(self.operator))
        self.commands += 1
        self.names.add(arguments[0])
        name = f"{self.commands} {' '.join(word for word in arguments if '/' not in word)}"
        self.places |= {f"{name}: {place}": text for place, text in results.items()}
        self._look_at_files(name)
        return results["stdout"]

    def _look_at_files(self, name: str) -> None:
        """Every file that the command has left: state, temporary files, and what it was asked to write."""
        roots = [Path(os.environ["XDG_STATE_HOME"]), self.temporary, self.directory / "written"]
        for path in (path for root in roots for path in sorted(root.rglob("*")) if path.is_file()):
            content = path.read_bytes()
            is_world = path.name == "world.json"
            self.places[f"{name}: {path.name}"] = beyond_its_places(content) if is_world else content

    def wizard(self) -> bytes:
        """Runs the wizard with line prompts; types every secret that it asks for, and else Enter."""
        arguments = ["--demo", "--scene", self.scene, "--plain", "--session", SESSION, "--answers", str(self.file)]
        program = PtyProgram(*arguments, in_child=None, program=PROGRAM, **self.env)
        watch = watched.Watch(program.pid, frozenset(self.operator))
        try:
            for label in questions(program):
                typed = self.secrets[label].value if label in LABELS else ""
                program.press(f"{typed or 'y' * (label == 'approve')}\n".encode())
        finally:
            watch.stop()
            program.close()
        self.commands += 1
        self.places |= {"wizard: argv": b"\n".join(watch.argv), "wizard: environ": b"\n".join(watch.environ)}
        self.places["wizard: pty"] = program.raw
        self._look_at_files("wizard")
        return program.raw

    def found(self) -> list[str]:
        """A line for each place that has secrets, with their names."""
        results = {place: leaks(text, self.secrets.values()) for place, text in self.places.items()}
        return [f"{place}: {', '.join(names)}" for place, names in results.items() if names]

    def figures(self) -> str:
        return f"{len(self.secrets)} secrets x {len(self.places)} places, {self.commands} commands"


def questions(program: PtyProgram) -> Iterator[str]:
    """The key of each answer that the wizard asks for; "problems" and "approve" for its other questions."""
    seen = 0
    while True:
        program.read(0.05)
        if match := PROMPT.search(program.raw[seen:].replace(b"\r", b"")):
            seen = len(program.raw)
            page = FLOW[int(re.findall(rb"(?m)^Page (\d+) ", program.raw)[-1]) - 1].id
            yield f"{page}.{match[1].decode()}" if match[1] else "problems" if b"go on" in match[2] else "approve"
        elif program.ended():
            return
