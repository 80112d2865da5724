"""The identity of an object: the id by which a system knows it, beside the name that the answers have."""

from __future__ import annotations

from mhv_tui.core.frozen import dataclass


@dataclass(frozen=True)
class ObjectIdentity:
    """An object that a session uses. An object that is deleted and created again keeps its name, but not its id."""

    kind: str
    """What the object is, such as `cluster`."""
    name: str
    """Its name or path, as the answers have it."""
    place: str
    """The system that has the object, such as a vCenter's address."""
    id: str
    is_replaceable: bool = False
    """True if another object may take its place, as with a certificate that is renewed."""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind, self.name, self.place
