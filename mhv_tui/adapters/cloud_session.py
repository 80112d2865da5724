"""One authenticated cloud: its configuration by openstacksdk, its APIs over keystoneauth, its errors in our own words.

Refuses to guess: a service that is not in the catalogue of the region is named, not searched elsewhere.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from mhv_tui.adapters.failures import failure
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.paths import expanded
from mhv_tui.core.secret import Revealed

READ_RETRIES = 2
"""A call that only reads is asked again where the connection broke: an API worker that is recycled resets it."""

TIMEOUT = 60.0
"""Seconds to connect, and again without a byte of an answer."""

#: Status of a refusal -> the code that tells of it; 5xx and everything else is OS10.
REFUSALS: Mapping[int, str] = {401: "OS03", 403: "OS07"}

Json = Any


class CloudSession:
    """The way into one cloud. Logs in once, at once."""

    def __init__(self, login: CloudLogin, password: Revealed | None) -> None:
        with warnings.catch_warnings():
            # openstacksdk warns of what its own configuration loads; nothing of it is the operator's business.
            warnings.simplefilter("ignore")
            self.region = _region(login, password)
            self.session: Any = self.region.get_session()
        self.session.timeout = self.session.timeout or TIMEOUT
        self.auth_url = str(self.region.get_auth_args().get("auth_url", ""))
        with self.asking("identity", "log in"):
            accepted = self._password_accepted()
            try:
                self.access: Any = self.session.auth.get_access(self.session)
            except Exception as refused:
                raise self._told_apart(refused, accepted) from None
        self._adapters: dict[str, Any] = {}

    def _told_apart(self, refused: Exception, accepted: bool) -> Exception:
        """A 401 after the password was accepted without a project is the project's."""
        from keystoneauth1 import exceptions

        if not isinstance(refused, exceptions.Unauthorized) or not accepted:
            return refused
        args = self.region.get_auth_args()
        project = args.get("project_name") or args.get("project_id") or "none"
        return failure(
            "OS04",
            f"{self.auth_url} accepts the user {args.get('username', '')}, but not for the project {project}",
            subject=str(project),
        )

    def _password_accepted(self) -> bool:
        """Tries the password without a project, so that a wrong one is tried once: Unauthorized says it is refused.

        False where that tells nothing: no password, or a Keystone that does not take it so."""
        from keystoneauth1 import exceptions
        from keystoneauth1.identity import v3

        args = self.region.get_auth_args()
        if not args.get("password"):
            return False
        user = {k: args.get(k) for k in ("username", "user_id", "user_domain_name", "user_domain_id", "password")}
        url = self.auth_url if "/v3" in self.auth_url else self.auth_url.rstrip("/") + "/v3"
        try:
            v3.Password(auth_url=url, unscoped=True, **user).get_access(self.session)
        except exceptions.Unauthorized:
            raise
        except exceptions.ClientException:
            return False
        return True

    def adapter(self, service: str) -> Any:
        """keystoneauth's adapter of a service type, with its endpoint found. Raises OS06."""
        if service not in self._adapters:
            from keystoneauth1.adapter import Adapter

            made = Adapter(
                self.session,
                service_type=service,
                interface=self.region.get_interface(service),
                region_name=self.region.get_region_name(service),
                endpoint_override=self.region.get_endpoint(service),
                min_version=_VERSIONS.get(service, (None, None))[0],
                max_version=_VERSIONS.get(service, (None, None))[1],
            )
            with self.asking(service, "tell its address"):
                if made.get_endpoint() is None:
                    raise self._absent(service)
            self._adapters[service] = made
        return self._adapters[service]

    def offers(self, service: str) -> bool:
        """The service is in the catalogue of this region."""
        try:
            self.adapter(service)
        except FindingError as absent:
            if absent.finding.code == "OS06":
                return False
            raise
        return True

    def request(
        self, service: str, method: str, path: str, doing: str, *, version: str = "", absent: int = 0, **more: Any
    ) -> Json:
        """One call; its JSON, or None for an empty answer or for the status `absent` (404, mostly)."""
        headers = more.pop("headers", {})
        if method == "GET":
            more = {"connect_retries": READ_RETRIES, **more}
        adapter = self.adapter(service)
        with self.asking(service, doing):
            answer = adapter.request(
                path, method, microversion=version or None, headers=headers, raise_exc=False, **more
            )
        if answer.status_code == absent:
            return None
        if answer.status_code >= 400:
            raise self.refused(service, doing, answer.status_code, _message(answer))
        return answer.json() if answer.content else None

    def listed(self, service: str, path: str, key: str, doing: str, *, version: str = "") -> list[Json]:
        """All pages of a list."""
        rows: list[Json] = []
        seen: set[str] = set()
        while path and path not in seen:
            seen.add(path)
            page = self.request(service, "GET", path, doing, version=version)
            rows += page.get(key, [])
            query = _next(page, key)
            path = f"{path.partition('?')[0]}?{query}" if query else ""
        return rows

    def compute_version(self, wanted: str) -> str:
        """`wanted`, or the newest that this cloud's compute API knows; "" where it knows none."""
        newest = self.maximum("compute")
        return min(wanted, newest, key=numbers) if newest else ""

    def maximum(self, service: str) -> str:
        """The highest microversion ("2.93"), or "" where there are none."""
        with self.asking(service, "tell its versions"):
            data = self.adapter(service).get_endpoint_data()
        newest = getattr(data, "max_microversion", None)
        return ".".join(str(n) for n in newest) if newest else ""

    def versions(self, service: str) -> list[Any]:
        """The version document of a service: keystoneauth's VersionData."""
        adapter = self.adapter(service)
        with self.asking(service, "tell its versions"):
            regions = adapter.get_all_version_data(interface=adapter.interface, region_name=adapter.region_name)
        return [
            v for interfaces in regions.values() for types in interfaces.values() for d in types.values() for v in d
        ]

    @contextlib.contextmanager
    def asking(self, service: str, doing: str) -> Iterator[None]:
        """Around calls: whatever goes wrong leaves as a FindingError."""
        from keystoneauth1 import exceptions

        try:
            yield
        except exceptions.SSLError as error:
            raise failure("OS02", f"the certificate of {self._where(service)} is refused: {_short(error)}") from None
        except exceptions.ConnectionError as error:
            raise self._unreachable(service, error) from None
        except (exceptions.EndpointNotFound, exceptions.CatalogException):
            raise self._absent(service) from None
        except exceptions.HttpError as error:
            raise self.refused(service, doing, error.http_status, error.message or "") from None
        except (exceptions.DiscoveryFailure, exceptions.VersionNotAvailable) as error:
            raise failure("OS01", f"{self._where(service)} shows no version document: {_short(error)}") from None
        except exceptions.MissingRequiredOptions as error:
            raise failure("OS05", f"the login is incomplete: {_short(error)}") from None
        except OSError as error:
            # requests finds the CA file of clouds.yaml only when it connects.
            raise failure("OS02", f"{self._where(service)}: {_short(error)}", remedy="Correct cacert.") from None
        except exceptions.ClientException as error:
            raise failure("OS10", f"{service} did not {doing}: {_short(error)}", subject=service) from None

    def _where(self, service: str) -> str:
        return self.auth_url if service == "identity" else f"the {service} service"

    def _unreachable(self, service: str, error: Exception) -> FindingError:
        code = "OS01" if service == "identity" else "OS10"
        return failure(code, f"{self._where(service)} does not answer: {_short(error)}", subject=self._where(service))

    def _absent(self, service: str) -> FindingError:
        region = self.region.get_region_name(service) or "any region"
        interface = self.region.get_interface(service) or "public"
        return failure("OS06", f"the catalogue has no {interface} endpoint of {service} in {region}", subject=service)

    def refused(self, service: str, doing: str, status: int, message: str, code: str = "") -> FindingError:
        """The FindingError for an answer of 4xx or 5xx."""
        if service == "identity" and status == 401:
            who = self.region.get_auth_args().get("username", "")
            return failure("OS03", f"{self.auth_url} refused the login{f' of {who}' if who else ''}", subject=str(who))
        said = f": {message[:300]}" if message else ""
        detail = f"{service} did not {doing} ({status}){said}"
        return failure(code or REFUSALS.get(status, "OS10"), detail, subject=service)

    def close(self) -> None:
        """Ends the HTTP connections; the token runs out by itself."""
        if self.session.session is not None:
            self.session.session.close()


#: The API versions that we speak, where a catalogue may name several.
_VERSIONS: Mapping[str, tuple[str | None, str | None]] = {
    "compute": ("2", "2.latest"),
    "image": ("2", "2.latest"),
    "network": ("2", "2.latest"),
    "block-storage": ("3", "3.latest"),
}


def _region(login: CloudLogin, password: Revealed | None) -> Any:
    """openstacksdk's CloudRegion: an entry of clouds.yaml, or the login's own values alone."""
    import openstack.config
    from openstack import exceptions

    if login.ca_file and not expanded(login.ca_file).is_file():
        raise failure("OS02", f"there is no CA file {login.ca_file}", remedy="Correct ca_file.")
    given = _given(login, password)
    try:
        if login.name:
            return openstack.config.OpenStackConfig().get_one(cloud=login.name, **given)
        loader = openstack.config.OpenStackConfig(load_yaml_config=False, load_envvars=False)
        return loader.get_one(auth_type="password", **given)
    except exceptions.ConfigException as error:
        raise failure("OS05", f"clouds.yaml: {_short(error)}" if login.name else _short(error)) from None
    except Exception as error:
        # The YAML reader's and the auth plugins' errors have no common ancestor; none of them may get out.
        raise failure("OS05", f"the cloud's configuration cannot be used: {_short(error)}") from None


def _given(login: CloudLogin, password: Revealed | None) -> dict[str, Any]:
    """What the answers say, in openstacksdk's words; empty answers leave clouds.yaml's."""
    auth = {"password": password.value} if password else {}
    if not login.name:
        auth |= {
            "auth_url": login.auth_url,
            "username": login.username,
            "project_name": login.project_name,
            "user_domain_name": login.user_domain_name,
            "project_domain_name": login.project_domain_name,
        }
    more = {"region_name": login.region_name, "cacert": str(expanded(login.ca_file)) if login.ca_file else ""}
    return {**{k: v for k, v in more.items() if v}, **({"auth": auth} if auth else {})}


def _message(answer: Any) -> str:
    """The sentence in an error's JSON, whatever the service wraps it in; the page's text where it is none."""
    try:
        body = answer.json()
    except ValueError:
        return re.sub(r"<[^>]*>|\s+", " ", answer.text or "").strip()
    while isinstance(body, dict) and body:
        body = body.get("message") or next(iter(body.values()))
    return str(body)


def _next(page: Mapping[str, Any], key: str) -> str:
    """The next page's query: of `next` (Glance) or of a link of rel next (Nova, Neutron), whatever host it names."""
    link = page.get("next") or next((x["href"] for x in page.get(f"{key}_links", ()) if x.get("rel") == "next"), "")
    return str(link).partition("?")[2]


def numbers(version: str) -> tuple[int, ...]:
    """A version for comparing: 2.100 is newer than 2.96."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _short(error: BaseException) -> str:
    """An SDK error in one line, without addresses of objects in memory."""
    text = " ".join(str(getattr(error, "message", "") or error).split())
    return re.sub(r"(: HTTPS?ConnectionPool|\(?Caused by ).*|<[^>]*>", "", text)[:240].strip() or type(error).__name__
