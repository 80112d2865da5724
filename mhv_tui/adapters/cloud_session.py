"""One authenticated cloud: configuration by openstacksdk, API calls by keystoneauth, errors as findings.

If the region's catalogue lacks a service, the error names that service; no other endpoint is tried.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from mhv_tui.adapters.failures import failure
from mhv_tui.core.changes import Json
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.paths import expanded
from mhv_tui.core.secret import Revealed

READ_RETRIES = 2
"""Retries of a reading call after a connection error: an API worker that restarts resets its connections."""

TIMEOUT = 60.0
"""Seconds to connect, and seconds without a byte of an answer."""

#: HTTP status -> finding code; every other error status is OS10.
STATUS_CODES: Mapping[int, str] = {401: "OS03", 403: "OS07"}


class CloudSession:
    """An authenticated session with one cloud. The constructor logs in."""

    def __init__(self, login: CloudLogin, password: Revealed | None) -> None:
        with warnings.catch_warnings():
            # openstacksdk warns about modules that its configuration loads; the operator cannot act on that.
            warnings.simplefilter("ignore")
            self.region = _region(login, password)
            self.session: Any = self.region.get_session()
        self.session.timeout = self.session.timeout or TIMEOUT
        self.auth_url = str(self.region.get_auth_args().get("auth_url", ""))
        with self.translated_errors("identity", "log in"):
            password_accepted = self._password_accepted()
            try:
                self.access: Any = self.session.auth.get_access(self.session)
            except Exception as error:
                raise self._login_error(error, password_accepted) from None
        self._adapters: dict[str, Any] = {}

    def _login_error(self, error: Exception, password_accepted: bool) -> Exception:
        """If Keystone accepts the password without a project, a 401 means that the project is wrong."""
        from keystoneauth1 import exceptions

        if not isinstance(error, exceptions.Unauthorized) or not password_accepted:
            return error
        args = self.region.get_auth_args()
        project = args.get("project_name") or args.get("project_id") or "none"
        return failure(
            "OS04",
            f"{self.auth_url} accepts the user {args.get('username', '')}, but not for the project {project}",
            subject=str(project),
        )

    def _password_accepted(self) -> bool:
        """Tries the password once, without a project. Raises Unauthorized if Keystone refuses it.

        False if this proves nothing: there is no password, or Keystone does not support such a login."""
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
        """keystoneauth's adapter for a service type. Raises OS06 if the catalogue has no endpoint for it."""
        if service not in self._adapters:
            from keystoneauth1.adapter import Adapter

            adapter = Adapter(
                self.session,
                service_type=service,
                interface=self.region.get_interface(service),
                region_name=self.region.get_region_name(service),
                endpoint_override=self.region.get_endpoint(service),
                min_version=_VERSIONS.get(service, (None, None))[0],
                max_version=_VERSIONS.get(service, (None, None))[1],
            )
            with self.translated_errors(service, "show its address"):
                if adapter.get_endpoint() is None:
                    raise self._not_in_catalogue(service)
            self._adapters[service] = adapter
        return self._adapters[service]

    def offers(self, service: str) -> bool:
        """True if this region's catalogue has the service."""
        try:
            self.adapter(service)
        except FindingError as error:
            if error.finding.code == "OS06":
                return False
            raise
        return True

    def request(
        self, service: str, method: str, path: str, action: str, *, version: str = "", absent: int = 0, **options: Any
    ) -> Json:
        """One API call. Returns its JSON, or None if the answer is empty or has the status `absent` (mostly 404).

        `action` completes the sentence "SERVICE did not ..." of an error.
        """
        headers = options.pop("headers", {})
        if method == "GET":
            options = {"connect_retries": READ_RETRIES, **options}
        adapter = self.adapter(service)
        with self.translated_errors(service, action):
            answer = adapter.request(
                path, method, microversion=version or None, headers=headers, raise_exc=False, **options
            )
        if answer.status_code == absent:
            return None
        if answer.status_code >= 400:
            raise self.status_error(service, action, answer.status_code, _message(answer))
        return answer.json() if answer.content else None

    def list_all(self, service: str, path: str, key: str, action: str, *, version: str = "") -> list[Json]:
        """The rows of all pages of a list."""
        rows: list[Json] = []
        fetched: set[str] = set()
        while path and path not in fetched:
            fetched.add(path)
            page = self.request(service, "GET", path, action, version=version)
            rows += page.get(key, [])
            query = _next_query(page, key)
            path = f"{path.partition('?')[0]}?{query}" if query else ""
        return rows

    def compute_version(self, version: str) -> str:
        """The lower one of `version` and this cloud's newest compute microversion; "" if it has no microversions."""
        newest = self.maximum("compute")
        return min(version, newest, key=numbers) if newest else ""

    def maximum(self, service: str) -> str:
        """The highest microversion of a service ("2.93"); "" if it has no microversions."""
        with self.translated_errors(service, "list its versions"):
            data = self.adapter(service).get_endpoint_data()
        newest = getattr(data, "max_microversion", None)
        return ".".join(str(n) for n in newest) if newest else ""

    def versions(self, service: str) -> list[Any]:
        """The version document of a service, as keystoneauth's VersionData."""
        adapter = self.adapter(service)
        with self.translated_errors(service, "list its versions"):
            regions = adapter.get_all_version_data(interface=adapter.interface, region_name=adapter.region_name)
        return [
            v for interfaces in regions.values() for types in interfaces.values() for d in types.values() for v in d
        ]

    @contextlib.contextmanager
    def translated_errors(self, service: str, action: str) -> Iterator[None]:
        """Converts the errors of SDK calls in the `with` block to FindingError."""
        from keystoneauth1 import exceptions

        try:
            yield
        except exceptions.SSLError as error:
            raise failure("OS02", f"the certificate of {self._name(service)} is not trusted: {_short(error)}") from None
        except exceptions.ConnectionError as error:
            raise self._unreachable(service, error) from None
        except (exceptions.EndpointNotFound, exceptions.CatalogException):
            raise self._not_in_catalogue(service) from None
        except exceptions.HttpError as error:
            raise self.status_error(service, action, error.http_status, error.message or "") from None
        except (exceptions.DiscoveryFailure, exceptions.VersionNotAvailable) as error:
            raise failure("OS01", f"{self._name(service)} has no version document: {_short(error)}") from None
        except exceptions.MissingRequiredOptions as error:
            raise failure("OS05", f"the login is incomplete: {_short(error)}") from None
        except OSError as error:
            # requests opens the CA file of clouds.yaml only when it connects.
            raise failure("OS02", f"{self._name(service)}: {_short(error)}", remedy="Correct cacert.") from None
        except exceptions.ClientException as error:
            raise failure("OS10", f"{service} did not {action}: {_short(error)}", subject=service) from None

    def _name(self, service: str) -> str:
        return self.auth_url if service == "identity" else f"the {service} service"

    def _unreachable(self, service: str, error: Exception) -> FindingError:
        code = "OS01" if service == "identity" else "OS10"
        return failure(code, f"{self._name(service)} does not answer: {_short(error)}", subject=self._name(service))

    def _not_in_catalogue(self, service: str) -> FindingError:
        region = self.region.get_region_name(service) or "any region"
        interface = self.region.get_interface(service) or "public"
        return failure("OS06", f"the catalogue has no {interface} endpoint of {service} in {region}", subject=service)

    def status_error(self, service: str, action: str, status: int, message: str) -> FindingError:
        """The exception for an answer with status 4xx or 5xx."""
        if service == "identity" and status == 401:
            user = self.region.get_auth_args().get("username", "")
            login = f"the login of {user}" if user else "the login"
            return failure("OS03", f"{self.auth_url} refused {login}", subject=str(user))
        reason = f": {message[:300]}" if message else ""
        detail = f"{service} did not {action} ({status}){reason}"
        return failure(STATUS_CODES.get(status, "OS10"), detail, subject=service)

    def close(self) -> None:
        """Closes the HTTP connections; the token expires by itself."""
        if self.session.session is not None:
            self.session.session.close()


#: The API versions to use if a catalogue lists several.
_VERSIONS: Mapping[str, tuple[str | None, str | None]] = {
    "compute": ("2", "2.latest"),
    "image": ("2", "2.latest"),
    "network": ("2", "2.latest"),
    "block-storage": ("3", "3.latest"),
}


def _region(login: CloudLogin, password: Revealed | None) -> Any:
    """openstacksdk's CloudRegion, from an entry of clouds.yaml or from the values of the login alone."""
    import openstack.config
    from openstack import exceptions

    if login.ca_file and not expanded(login.ca_file).is_file():
        raise failure("OS02", f"the CA file {login.ca_file} does not exist", remedy="Correct ca_file.")
    options = _sdk_options(login, password)
    try:
        if login.name:
            return openstack.config.OpenStackConfig().get_one(cloud=login.name, **options)
        loader = openstack.config.OpenStackConfig(load_yaml_config=False, load_envvars=False)
        return loader.get_one(auth_type="password", **options)
    except exceptions.ConfigException as error:
        raise failure("OS05", f"clouds.yaml: {_short(error)}" if login.name else _short(error)) from None
    except Exception as error:
        # The errors of the YAML reader and the auth plugins have no common base class; all of them are caught.
        raise failure("OS05", f"the cloud's configuration cannot be used: {_short(error)}") from None


def _sdk_options(login: CloudLogin, password: Revealed | None) -> dict[str, Any]:
    """The answers as options of openstacksdk. An empty answer keeps the value of clouds.yaml."""
    auth = {"password": password.value} if password else {}
    if not login.name:
        auth |= {
            "auth_url": login.auth_url,
            "username": login.username,
            "project_name": login.project_name,
            "user_domain_name": login.user_domain_name,
            "project_domain_name": login.project_domain_name,
        }
    options = {"region_name": login.region_name, "cacert": str(expanded(login.ca_file)) if login.ca_file else ""}
    return {**{k: v for k, v in options.items() if v}, **({"auth": auth} if auth else {})}


def _message(answer: Any) -> str:
    """The message in the JSON of an error, however deeply it is nested; the text of the page if it is not JSON."""
    try:
        body = answer.json()
    except ValueError:
        return re.sub(r"<[^>]*>|\s+", " ", answer.text or "").strip()
    while isinstance(body, dict) and body:
        body = body.get("message") or next(iter(body.values()))
    return str(body)


def _next_query(page: Mapping[str, Any], key: str) -> str:
    """The query string of the next page: from `next` (Glance) or a link with rel=next (nova, Neutron).

    The host of that link is ignored, because it may be an internal address.
    """
    link = page.get("next") or next((x["href"] for x in page.get(f"{key}_links", ()) if x.get("rel") == "next"), "")
    return str(link).partition("?")[2]


def numbers(version: str) -> tuple[int, ...]:
    """A version as numbers to compare: 2.100 is newer than 2.96."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _short(error: BaseException) -> str:
    """An SDK error in one line, without memory addresses of Python objects."""
    text = " ".join(str(getattr(error, "message", "") or error).split())
    return re.sub(r"(: HTTPS?ConnectionPool|\(?Caused by ).*|<[^>]*>", "", text)[:240].strip() or type(error).__name__
