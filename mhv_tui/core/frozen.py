"""A `dataclass(frozen=True)` that is cheap to define, because the program has more than a hundred of them.

The standard library compiles five functions for each class, which takes about 0.3 ms. Here all classes share them.
"""

from __future__ import annotations

import dataclasses
from operator import attrgetter
from typing import TYPE_CHECKING

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen, kw_only=False):
        """As `dataclasses.dataclass`, for frozen classes without slots and order, and for their subclasses."""
        if not frozen:
            raise TypeError("use the dataclass of the standard library")

        def define(cls):
            cls.__doc__ = cls.__doc__ or cls.__name__  # else the standard library computes the signature
            for name, function in _SHARED.items():
                if vars(cls).get(name) is None:
                    setattr(cls, name, function)
            dataclasses.dataclass(init=False, repr=False, eq=False, kw_only=kw_only)(cls)
            cls._fields_of_dataclass = dataclasses.fields(cls)
            compared = [field.name for field in cls._fields_of_dataclass if field.compare]
            cls._compared = attrgetter(*compared) if compared else staticmethod(lambda self: ())
            return cls

        return define

    def _init(self, *values, **named):
        names = self.__match_args__
        given = {**dict(zip(names, values, strict=False)), **named}
        if len(values) > len(names) or len(given) < len(values) + len(named):
            raise TypeError(f"{type(self).__name__}: too many values")
        for field in self._fields_of_dataclass:
            self.__dict__[field.name] = given.pop(field.name) if field.name in given else _default(self, field)
        if given:
            raise TypeError(f"{type(self).__name__}: unknown: {', '.join(given)}")
        if hasattr(self, "__post_init__"):
            self.__post_init__()

    def _default(self, field):
        if field.default is not dataclasses.MISSING:
            return field.default
        if field.default_factory is not dataclasses.MISSING:
            return field.default_factory()
        raise TypeError(f"{type(self).__name__}: {field.name} is missing")

    def _repr(self):
        shown = [f"{f.name}={getattr(self, f.name)!r}" for f in self._fields_of_dataclass if f.repr]
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def _eq(self, other):
        return self._compared(self) == self._compared(other) if type(other) is type(self) else NotImplemented

    def _hash(self):
        return hash(self._compared(self))

    def _setattr(self, name, value):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def _delattr(self, name):
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    _SHARED = {
        "__init__": _init,
        "__repr__": _repr,
        "__eq__": _eq,
        "__hash__": _hash,
        "__setattr__": _setattr,
        "__delattr__": _delattr,
    }
