"""The logins that an undo needs. They are checked before the first change is undone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from mhv_tui.cli.setup import RunSetup, all_secrets, schema
from mhv_tui.core.changes import Change
from mhv_tui.core.errors import Cancelled, FindingError, MhvError, SecretMissing, UsageError
from mhv_tui.core.machine import SshHost
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.secret import AskSecret, SecretRef
from mhv_tui.core.text import join_names
from mhv_tui.core.vsphere import VcenterLogin

Login = VcenterLogin | CloudLogin | SshHost

REFUSALS = ("VC07", "OS03", "CN30")
"""The codes of a login that a system has refused. Any other problem concerns only the changes on that system."""


class LoginRefused(FindingError):
    """A system refused the login; `message` and `remedy` name the answer with the secret."""


def check_logins(setup: RunSetup, changes: Iterable[Change | None], ask: AskSecret | None) -> None:
    """Logs in to every system of the changes. Raises SecretMissing or LoginRefused.

    A secret that was typed when the change was made comes from the session's answers, if they refer to it now, or the
    operator types it. If the system refuses it, the operator can type it once more.
    """
    references = _references(setup)
    for login in dict.fromkeys(login for change in changes if change for login in _logins(change)):
        typed = [ref for ref in vars(login).values() if isinstance(ref, SecretRef) and ref.kind == "prompt"]
        for ref in typed:
            if ref.key in references:
                setup.vault.put(ref, setup.vault.reveal(references[ref.key]).value)
        try:
            _log_in(setup, login, typed, ask)
        except SecretMissing as missing:
            raise SecretMissing(missing.key, missing.message, _remedy(typed) or missing.remedy) from None


def _log_in(setup: RunSetup, login: Login, typed: list[SecretRef], ask: AskSecret | None) -> None:
    refusal = _refusal(setup, login)
    if refusal and ask and _type_again(setup, typed, ask):
        refusal = _refusal(setup, login)
    if refusal:
        finding = refusal.finding
        raised = LoginRefused(finding)
        raised.remedy = _remedy(typed) or finding.remedy
        raise raised


def _refusal(setup: RunSetup, login: Login) -> FindingError | None:
    backend = setup.backend
    try:
        if isinstance(login, VcenterLogin):
            backend.vcenter(login)
        elif isinstance(login, CloudLogin):
            backend.cloud(login)
        else:
            backend.node(login)
    except FindingError as error:
        return error if error.finding.code in REFUSALS else None
    except (SecretMissing, Cancelled):
        raise
    except MhvError:  # undo reports it for each change on this system
        return None
    return None


def _type_again(setup: RunSetup, refs: list[SecretRef], ask: AskSecret) -> bool:
    """Asks for secrets that a system has refused; returns True if the operator has typed one."""
    values = [(ref, ask(f"{ref.label} (the login was refused)")) for ref in refs]
    for ref, value in values:
        if value:
            setup.vault.put(ref, value)
    return any(value for _, value in values)


def _references(setup: RunSetup) -> Mapping[str, SecretRef]:
    """Key -> the reference of each secret that the session's answers take from a variable or a file."""
    with suppress(UsageError):  # undo needs no answers
        answers = setup.session.answers(schema())
        refs = all_secrets(answers) if answers else ()
        return {ref.key: ref for ref in refs if ref.kind in ("env", "file")}
    return {}


def _remedy(typed: list[SecretRef]) -> str:
    """What the operator does about secrets that no answer refers to; "" if there are none."""
    names = join_names(ref.label for ref in typed)
    forms = "`env NAME` or `file PATH`"
    return f"run undo in a terminal and type {names}, or write {forms} into this field of the wizard" if typed else ""


def _logins(change: Change) -> Iterator[Login]:
    return (value for value in vars(change).values() if isinstance(value, Login))
