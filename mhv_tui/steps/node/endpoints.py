"""The endpoints that a nova.conf names: message queues, services of the cloud, databases; each as host:port."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from mhv_tui.core.text import host_port
from mhv_tui.domain import nova, nova_copy
from mhv_tui.steps.node.nova_conf import NovaConf

_PORTS = {"http": 80, "https": 443, "rabbit": 5672, "amqp": 5672, "mysql": 3306, "postgresql": 5432}
_URL = re.compile(r"[a-z0-9+]+://[^\s,]+")

SERVICES = (
    ("keystone_authtoken", "auth_url"),
    ("keystone_authtoken", "www_authenticate_uri"),
    ("keystone_authtoken", "auth_uri"),
    ("placement", "auth_url"),
    ("placement", "endpoint_override"),
    ("neutron", "auth_url"),
    ("neutron", "url"),
    ("neutron", "endpoint_override"),
    ("glance", "api_servers"),
    ("glance", "endpoint_override"),
    ("DEFAULT", "glance_api_servers"),
    ("DEFAULT", "neutron_url"),
)
"""Options of nova.conf that contain the URLs of services that nova-compute calls."""

VERIFYING = ("placement", "neutron", "glance")
"""Sections with URLs of which nova-compute verifies the certificate, with cafile or with the node's own authorities."""

DATABASES = (("database", "connection"), ("DEFAULT", "sql_connection"), ("api_database", "connection"))
"""Options of nova.conf that contain the URL of a database."""


def queues(conf: NovaConf) -> tuple[str, ...]:
    """Returns host:port of every message queue in nova.conf."""
    if url := conf.last("DEFAULT", "transport_url"):
        scheme = url.partition("://")[0].partition("+")[0]
        hosts = url.partition("://")[2].partition("/")[0].split(",")
        return tuple(filter(None, (_endpoint(f"{scheme}://{host}") for host in hosts)))
    for section in ("DEFAULT", "oslo_messaging_rabbit"):
        if several := conf.last(section, "rabbit_hosts"):
            return tuple(filter(None, (_endpoint(f"rabbit://{host.strip()}") for host in several.split(","))))
        if host := conf.last(section, "rabbit_host"):
            name = f"[{host}]" if ":" in host else host
            return tuple(filter(None, [_endpoint(f"rabbit://{name}:{conf.last(section, 'rabbit_port') or 5672}")]))
    return ()


def services(conf: NovaConf) -> tuple[str, ...]:
    """Returns host:port of every service of the cloud in nova.conf."""
    return tuple(dict.fromkeys(_urls(conf.last(section, option) for section, option in SERVICES)))


def system_verified(conf: NovaConf) -> tuple[str, ...]:
    """Returns host:port of every https service that nova verifies with the node's own authorities."""
    rows = [(section, option) for section, option in SERVICES if section in VERIFYING]
    own = [row for row in rows if _uses_system_authorities(conf, row[0])]
    urls = (url for row in own for url in _URL.findall(conf.last(*row)) if url.startswith("https://"))
    return tuple(dict.fromkeys(_urls(urls)))


def _uses_system_authorities(conf: NovaConf, section: str) -> bool:
    cafile = conf.last(section, "cafile")
    is_insecure = conf.last(section, "insecure").lower() in nova.TRUE
    return not is_insecure and (not cafile or nova_copy.is_brought(cafile))


def databases(conf: NovaConf) -> tuple[str, ...]:
    """Returns host:port of every database in nova.conf; an SQLite file has none."""
    return tuple(dict.fromkeys(_urls(conf.last(section, option) for section, option in DATABASES)))


def _urls(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        yield from filter(None, (_endpoint(url) for url in _URL.findall(value)))


def _endpoint(url: str) -> str:
    """Returns host:port of a URL; "" if it has no host or the host is a reference to an option such as $my_ip."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme.partition("+")[0], 0)
    except ValueError:
        return ""
    return host_port(parts.hostname, port) if parts.hostname and port and "$" not in parts.hostname else ""
