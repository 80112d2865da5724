"""Rules of the source tree: imports, exceptions, names and plurals, read from the sources."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "mhv_tui"
ALLOWED = {
    "core": {"core"},
    "domain": {"core", "domain"},
    "imaging": {"core", "imaging"},
    "changes": {"core", "domain", "imaging", "changes"},
    "steps": {"core", "domain", "changes", "steps"},
    "engine": {"core", "engine"},
    "adapters": {"core", "domain", "imaging", "adapters"},
    "demo": {"core", "domain", "demo"},
    "export": {"core", "domain", "engine", "export"},
    "lab": {"core", "lab"},
    "tui": {"core", "engine", "tui"},
}
"""The packages that each package may import; `cli` may import all."""

ROOT_MODULES = ["__init__.py", "__main__.py"]

CAMEL_CASE = re.compile(r"[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*")

VENDORS = {"textual": {"tui"}, "pyVmomi": {"adapters", "lab"}, "pyVim": {"adapters", "lab"}}
VENDORS |= {"isal": {"imaging"}, "zlib_ng": {"imaging"}}
VENDORS |= {"openstack": {"adapters", "lab"}, "keystoneauth1": {"adapters", "lab"}, "paramiko": {"adapters", "lab"}}


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """(module, at the top of the file) of every import."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = set(map(id, tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((name.name, id(node) in top) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, id(node) in top


def sources() -> list[Path]:
    others = ("lab/cloud", "lab/neutron_driver", "export/ansible/data")  # programs for other places
    return sorted(p for p in ROOT.rglob("*.py") if not any(name in p.as_posix() for name in others))


@pytest.mark.parametrize("room", ALLOWED)
def test_a_package_imports_only_allowed_packages(room: str) -> None:
    paths = [p for p in sources() if p.relative_to(ROOT).parts[0] == room]
    assert paths, f"{room} is empty"
    wrong = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in paths
        for module, _ in imports(path)
        if module.startswith("mhv_tui.") and module.split(".")[1] not in ALLOWED[room]
    ]
    assert wrong == []


def test_every_other_module_is_in_a_package_that_has_a_rule() -> None:
    assert sorted(p.name for p in ROOT.glob("*.py")) == ROOT_MODULES
    assert {p.relative_to(ROOT).parts[0] for p in sources()} == {*ALLOWED, "cli", *ROOT_MODULES}


def test_vendor_libraries_are_imported_only_in_their_packages_and_late() -> None:
    wrong = []
    for path in sources():
        room = path.relative_to(ROOT).parts[0]
        for module, top in imports(path):
            vendor = module.split(".")[0]
            if vendor in VENDORS and room not in VENDORS[vendor]:
                wrong.append(f"{path.relative_to(ROOT)}: {module} does not belong here")
            if vendor in VENDORS and room == "adapters" and top:
                wrong.append(f"{path.relative_to(ROOT)}: {module} is imported at the top")
    assert wrong == []


def test_only_the_parser_and_its_reader_use_argparse() -> None:
    users = [str(p.relative_to(ROOT)) for p in sources() if "argparse" in {module for module, _ in imports(p)}]
    expected = ["cli/parser.py", "cli/parser_commands.py", "cli/parser_export.py", "cli/syntax.py", "cli/usage.py"]
    assert [name for name in users if not name.startswith("lab/")] == expected


def test_only_some_packages_catch_every_exception() -> None:
    allowed = {"engine", "tui", "adapters"}  # adapters: pyVim raises the bare Exception
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if path.relative_to(ROOT).parts[0] not in allowed and path != ROOT / "cli" / "exits.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
    ]
    assert wrong == []


@pytest.mark.parametrize("command", [["--help"], ["--version"], ["apply", "--help"]])
def test_help_loads_neither_screen_nor_vendors(command: list[str]) -> None:
    code = (
        "import sys\nfrom mhv_tui.cli import main\n"
        f"try:\n    main({command!r})\nexcept SystemExit:\n    pass\n"
        "print(sorted({'textual','pyVmomi','openstack','paramiko'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.strip() == "[]"


def public_types(path: Path) -> Iterator[str]:
    """The CamelCase names that a module defines: classes and type aliases."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        names = [node.name] if isinstance(node, ast.ClassDef) else []
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
        yield from (name for name in names if CAMEL_CASE.fullmatch(name))


def test_a_public_type_has_one_meaning() -> None:
    modules: dict[str, list[str]] = {}
    for path in sources():
        for name in public_types(path):
            modules.setdefault(name, []).append(path.relative_to(ROOT).as_posix())
    assert len(modules) > 100
    assert {name: paths for name, paths in modules.items() if len(paths) > 1} == {}


PLURAL_ENDINGS = {"s", "es", "y", "ies"}
VERB_FORMS = ({"is", "are"}, {"has", "have"}, {"was", "were"})


def is_plural_or_list(node: ast.expr) -> bool:
    """True for `"s" if ... else ""`, `"is" if ... else "are"`, `" and ".join(...)` and the like."""
    if isinstance(node, ast.IfExp):
        words = {constant_text(node.body).strip(), constant_text(node.orelse).strip()}
        return bool(words & PLURAL_ENDINGS) or words in VERB_FORMS
    return isinstance(node, ast.Attribute) and node.attr == "join" and constant_text(node.value) == " and "


def constant_text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def expressions(source: str) -> Iterator[ast.expr]:
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.expr))


def test_plurals_and_lists_of_names_are_made_in_one_module() -> None:
    places = {
        f"{path.relative_to(ROOT).as_posix()}:{node.lineno}"
        for path in sources()
        if path != ROOT / "core" / "text.py"
        for node in expressions(path.read_text(encoding="utf-8"))
        if is_plural_or_list(node)
    }
    assert places == set()


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("f\"{n} host{'s' if n > 1 else ''}\"", True),
        ("'is' if n == 1 else 'are'", True),
        ("' and '.join(names)", True),
        ("', '.join(names)", False),
        ("'tcp' if secure else ''", False),
    ],
)
def test_a_plural_is_found(expression: str, found: bool) -> None:
    assert any(map(is_plural_or_list, expressions(expression))) is found


def test_every_module_has_a_docstring() -> None:
    silent = [str(p.relative_to(ROOT)) for p in sources() if not ast.get_docstring(ast.parse(p.read_text()))]
    assert silent == []
