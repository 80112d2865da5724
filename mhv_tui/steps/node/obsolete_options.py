"""Options to remove from nova's files: wrong values from the article, and options that the answers no longer set.

All other options stay, and so do values that are nova's own defaults.
"""

from __future__ import annotations

from collections.abc import Iterable

from mhv_tui.changes.files import ConfOption
from mhv_tui.domain import nova, nova_values
from mhv_tui.domain.releases import Release
from mhv_tui.steps.node.answers import vmware_keys
from mhv_tui.steps.node.nova_conf import NovaConf

OptionName = tuple[str, str]
"""Section and name of an option."""

LIBVIRT_OPTIONS = (("DEFAULT", "libvirt_type"), ("libvirt", "virt_type"))
"""Options of libvirt's driver. The article sets libvirt_type to vmwareapi; Liberty and newer refuse it."""

ANSWERED = (("vmware", "ca_file"), ("vmware", "insecure"), ("vmware", "host_port"), ("vmware", "datastore_regex"))
"""Options that only the answers decide: an old value in the file would change how nova connects and what it uses.
With a ca_file nova even ignores `insecure`."""


def wrong_libvirt_options(conf: NovaConf) -> tuple[OptionName, ...]:
    """Returns the options of libvirt's driver that have the value `vmwareapi` from the article."""
    return tuple(name for name in LIBVIRT_OPTIONS if "vmwareapi" in conf.values(*name))


def unwanted_options(conf: NovaConf, settings: Iterable[ConfOption], release: Release) -> tuple[OptionName, ...]:
    """Returns the options in ANSWERED that the file sets and `settings` lacks, except those with nova's default.

    Also returns the other options of [node] whose value in the file nova refuses.
    """
    names = {(row.section, row.option) for row in settings}
    others = tuple(("vmware", key) for key in vmware_keys() if ("vmware", key) not in ANSWERED)
    return (
        *(name for name in ANSWERED if name not in names and _has_effect(conf, name, release)),
        *(name for name in others if name not in names and _is_refused(conf, name, release)),
    )


def obsolete_options(conf: NovaConf, settings: Iterable[ConfOption], release: Release) -> tuple[OptionName, ...]:
    """Returns every option to remove from a configuration file."""
    return (*wrong_libvirt_options(conf), *unwanted_options(conf, settings, release))


def _has_effect(conf: NovaConf, name: OptionName, release: Release) -> bool:
    option = nova.OPTIONS["/".join(name)]
    values = conf.values(*name)
    return bool(values) and option.known_in(release) and not option.is_default(values[-1], release)


def _is_refused(conf: NovaConf, name: OptionName, release: Release) -> bool:
    option, values = nova.OPTIONS["/".join(name)], conf.values(*name)
    return bool(values) and bool(nova_values.refusal(option, values[-1], release))
