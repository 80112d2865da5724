"""References to secrets as Ansible reads them: lookups of the environment, of a file, or of a variable in a vault."""

from __future__ import annotations

import json
import re

from mhv_tui.core.secret import SecretRef


def lookup(ref: SecretRef) -> str:
    """The template that Ansible replaces with the value of a secret. It contains no value."""
    if ref.kind == "env":
        return f'{{{{ lookup("ansible.builtin.env", {_quoted(ref.name)}, default=undef()) }}}}'
    if ref.kind == "file":
        file = f'lookup("ansible.builtin.file", {_quoted(ref.name)}, rstrip=false)'
        return f'{{{{ {file} | regex_replace("[\\r\\n]+$", "") }}}}'
    return f"{{{{ {vault_name(ref)} }}}}"


def vault_name(ref: SecretRef) -> str:
    """The name of the variable with a secret that is typed, or that no answer refers to."""
    return f"vault_{re.sub('[^a-z0-9]+', '_', ref.label.lower())}"


def source(ref: SecretRef) -> str:
    """Where the operator provides a secret, for the project's README."""
    if ref.label.endswith(".key_passphrase"):
        return "add the key to your SSH agent with `ssh-add`"
    names = {"env": f"the environment variable `{ref.name}`", "file": f"the file `{ref.name}`"}
    return names.get(ref.kind, f"`{vault_name(ref)}` in `group_vars/all/vault.yml`, a file of ansible-vault")


def _quoted(text: str) -> str:
    """A text as a string of Jinja."""
    return json.dumps(text, ensure_ascii=False).replace("{", "\\x7b").replace("}", "\\x7d")
