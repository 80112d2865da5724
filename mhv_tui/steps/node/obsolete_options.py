"""Options to remove from nova's files: the article's known-bad values, and options that the answers no longer want.

Everything else stays, and so does a value that equals nova's own default.
"""

from __future__ import annotations

from collections.abc import Iterable

from mhv_tui.changes.files import ConfOption
from mhv_tui.domain import nova, nova_values
from mhv_tui.domain.releases import Release
from mhv_tui.steps.node.answers import VMWARE_KEYS
from mhv_tui.steps.node.nova_conf import NovaConf

OptionName = tuple[str, str]
"""Section and option."""

LIBVIRT_OPTIONS = (("DEFAULT", "libvirt_type"), ("libvirt", "virt_type"))
"""The article sets the first to vmwareapi; libvirt's driver has no such type, and releases from Liberty refuse it."""

ANSWERED = (("vmware", "ca_file"), ("vmware", "insecure"), ("vmware", "host_port"), ("vmware", "datastore_regex"))
"""Options that today's answers decide, also by leaving them out: an old value would change where and how nova connects,
and what it uses. With a ca_file nova even ignores `insecure`."""


def wrong_libvirt_options(conf: NovaConf) -> tuple[OptionName, ...]:
    """libvirt options that were set to the article's `vmwareapi`."""
    return tuple(name for name in LIBVIRT_OPTIONS if "vmwareapi" in conf.values(*name))


def unwanted_options(conf: NovaConf, settings: Iterable[ConfOption], release: Release) -> tuple[OptionName, ...]:
    """Options of the file that the answers decide and `settings` lacks; a value equal to the default is fine.

    Of the other options of [node] only those with a value that nova refuses.
    """
    names = {(row.section, row.option) for row in settings}
    others = tuple(("vmware", key) for key in VMWARE_KEYS if ("vmware", key) not in ANSWERED)
    return (
        *(name for name in ANSWERED if name not in names and _has_effect(conf, name, release)),
        *(name for name in others if name not in names and _is_refused(conf, name, release)),
    )


def obsolete_options(conf: NovaConf, settings: Iterable[ConfOption], release: Release) -> tuple[OptionName, ...]:
    """Everything to remove from a file."""
    return (*wrong_libvirt_options(conf), *unwanted_options(conf, settings, release))


def _has_effect(conf: NovaConf, name: OptionName, release: Release) -> bool:
    option = nova.OPTIONS["/".join(name)]
    values = conf.values(*name)
    return bool(values) and option.known_in(release) and not option.is_default(values[-1], release)


def _is_refused(conf: NovaConf, name: OptionName, release: Release) -> bool:
    option, values = nova.OPTIONS["/".join(name)], conf.values(*name)
    return bool(values) and bool(nova_values.refusal(option, values[-1], release))
