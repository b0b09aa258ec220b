"""Every setting of Longpole, and the only place that reads the environment.

An argument wins over the environment (`LONGPOLE_<NAME>`), that over `longpole.yaml`, that over the default.
`docs/reference/settings.md` is `reference_page()`; a test holds the two equal.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from longpole.model.errors import SettingsError

PREFIX = "LONGPOLE_"
FILE_NAME = "longpole.yaml"

Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1)]
Port = Annotated[int, Meta(ge=0, le=65535)]
Content = Literal["off", "hashed", "full"]
RuntimeWatching = Literal["off", "usual", "all"]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings, checked. `load()` makes one; the sentence beside each field is what the reference page says."""

    endpoint: str | None = None
    """Address of the server that the SDK sends to, such as `http://127.0.0.1:7667`; OTLP paths are added. Without it
    the SDK looks for a server on this machine, and spools while there is none."""
    spool: str | None = None
    """Folder in which the SDK keeps what could not be delivered. Without it: `spool-sdk` in `data_folder`."""
    api_key: str | None = None
    """Key that the SDK and the command line show to the server, which then decides the workspace. Without it: the one
    that a server on this machine has left in `server.json`, if it asks for keys. It is never shown or logged."""
    certificate_authorities: str | None = None
    """File of certificates in PEM that the SDK and the command line trust in place of the system's, for a server with
    TLS. A server on this machine needs none: it leaves its certificate in `server.json`."""
    workspace: str = "default"
    """Whose data it is; nothing crosses a workspace. Where the server asks for keys, the key decides it instead."""
    service: str | None = None
    """Name of the program. Without it: the name of the script that was started."""
    version: str | None = None
    """Version of the program, to compare one with the next."""
    environment: str | None = None
    """Where it runs, such as `production`."""
    content: Content | None = None
    """What is kept of inputs and outputs: `off` nothing, `hashed` key names and keyed hashes of the values, `full`
    the values without secrets. Without it: `full` in an interactive session, else `hashed`."""
    redact_keys: str = ""
    """Further names of keys, separated by commas, whose values are secret: they never leave the process."""
    content_limit_bytes: Annotated[int, Meta(ge=64)] = 65536
    """Bytes kept of one input or one output; what is longer is cut, and says so."""
    queue_limit_bytes: Annotated[int, Meta(ge=65536)] = 64 * 1024 * 1024
    """Bytes that wait in the agent's memory, half of them as recorded and half ready for delivery; beyond it the oldest
    are dropped and counted. An agent at usual speed holds a few kB."""
    spool_limit_bytes: Annotated[int, Meta(ge=65536)] = 256 * 1024 * 1024
    """Bytes that the SDK's spool holds for one endpoint; beyond it the oldest are dropped and counted."""
    request_timeout_ms: Count = 10_000
    """Milliseconds that the SDK waits for one answer of the server, in the background."""
    enabled: bool = True
    """Whether anything is recorded at all. In `longpole.yaml` also `timing: enabled`."""
    sampling_rate: Share = 1.0
    """Share of executions that are recorded, decided at their start; each kept one counts for 1/share. In
    `longpole.yaml` also `timing: sampling_rate`."""
    profile: bool = True
    """Whether `profile_async` and `profile_sync` measure; if not, they call straight through."""
    profile_memory: bool = False
    """Whether profiled operations read the process's memory, where their decorator does not say (needs psutil)."""
    profile_cpu: bool = False
    """Whether profiled operations measure CPU time, where their decorator does not say."""
    watch_runtime: RuntimeWatching = "off"
    """Whether executions say what the process did meanwhile: `usual` tells CPU, memory, threads, garbage collection,
    WebSocket messages, thread pools made, and what pydantic validated and serialised; `all` also counts `json`."""
    langsmith_endpoint: str | None = None
    """Address of a LangSmith-compatible server for profiled operations, such as `https://api.smith.langchain.com`,
    which it is when only a key is set. With neither of them nothing is exported there."""
    langsmith_api_key: str | None = None
    """Key for `langsmith_endpoint`. It is never shown or logged."""
    langsmith_project: str = "default"
    """The project there that the runs belong to."""
    langsmith_batch: Count = 10
    """Profiled calls that go to `langsmith_endpoint` in one request."""
    recording: bool = False
    """Whether results of models, tools, HTTP, the clock and chance are kept exactly, so that executions can be
    replayed; `longpole record` sets it. It needs `content` to be `full`."""
    replay: str | None = None
    """Folder of the plan by which this process is given recorded results; `longpole replay` sets it."""
    carry_into_pools: bool = True
    """Whether what runs in a `concurrent.futures` pool belongs below the step that submitted it; `configure()` then
    wraps `submit` of both kinds of pools."""
    traceparent: str | None = None
    """Place of this process in the tree of the one that started it (W3C `traceparent`). Without it: the variable
    `TRACEPARENT`."""
    tracestate: str | None = None
    """What goes with `traceparent`. Without it: the variable `TRACESTATE`."""
    persistence_enabled: bool = True
    """Whether executions are kept on disk. If not: the server holds them in memory, the SDK has no spool. In
    `longpole.yaml` also `timing: persistence: enabled`."""
    store: str | None = None
    """Database of the server: the path of a DuckDB file, `postgresql://user:password@host/database` or
    `clickhouse://user:password@host/database`. Without it: the DuckDB file `longpole.duckdb` in `data_folder`."""
    cluster: str | None = None
    """Name of the ClickHouse cluster whose nodes hold the tables. Without it: the one node that `store` names."""
    retention_days: Count = 30
    """Days that executions and steps are kept, counted from their receipt; their sums stay in the rollups. In
    `longpole.yaml` also `timing: persistence: retention_days`."""
    retention_bodies_days: Count = 14
    """Days that inputs, outputs and attributes are kept, counted from their receipt; never longer than their steps."""
    retention_rollups_days: Count = 400
    """Days that rollups are kept: what statistics of a time show whose executions are gone."""
    retention_audit_days: Count = 400
    """Days that the audit log is kept: who made and revoked keys, logged in, deleted or changed something."""
    store_limit_bytes: Annotated[int, Meta(ge=0)] = 0
    """Bytes that the database may hold; beyond it the oldest day goes, bodies first. Today stays. 0 means no limit."""
    store_memory_bytes: Annotated[int, Meta(ge=128 * 1024 * 1024)] = 512 * 1024 * 1024
    """Bytes of memory that DuckDB may take inside the server, for what it sorts and for what it has read and may need
    again. Questions about months of a large store are slower with less."""
    slow_operation_ms: Count = 1000
    """Milliseconds from which an operation is called slow, and tail sampling keeps an execution. In `longpole.yaml`
    also `timing: thresholds: slow_operation_ms`."""
    critical_operation_ms: Count = 5000
    """Milliseconds from which an operation is called critically slow: its execution then has a finding. In
    `longpole.yaml` also `timing: thresholds: critical_operation_ms`."""
    realtime: bool = True
    """Whether the live door is open. In `longpole.yaml` also `timing: reporting: realtime`."""
    rollup_interval_minutes: Count = 5
    """Minutes that one row of the rollups covers, and how often they are made. In `longpole.yaml` also `timing:
    reporting: rollup_interval_minutes`."""
    data_folder: str | None = None
    """Folder of the server's database, spool and `server.json`. Without it: `longpole` in `$XDG_DATA_HOME`, which is
    `~/.local/share` by default."""
    host: str = "127.0.0.1"
    """Address that the server listens on. Without keys only a loopback address is accepted."""
    hosts: str = ""
    """Names, separated by commas, by which the server may be addressed besides those of this machine; others are
    refused. Without it: only this machine's on a loopback address, any on another."""
    forwarded_from: str = ""
    """Addresses or networks of proxies, separated by commas, such as `10.0.0.5` or `10.0.0.0/24`, whose
    `X-Forwarded-For`, `-Proto` and `-Host` are believed. With any, keys are needed on a loopback address too."""
    tls_certificate: str | None = None
    """File of the server's certificate in PEM, with those between it and its authority. With `tls_key` the server
    speaks TLS."""
    tls_key: str | None = None
    """File of the private key of `tls_certificate`, in PEM without a password."""
    requests_per_second: Count = 1000
    """Requests of one key that the server answers in a second, five seconds' worth at once; beyond it the sender gets
    429 and tries again."""
    port: Port = 7667
    """TCP port that the server listens on; 0 takes any free one."""
    url: str | None = None
    """Address of the server that the command line asks. Without it: the server found in `data_folder`, else
    `http://<host>:<port>`."""
    body_limit_bytes: Count = 16 * 1024 * 1024
    """Bytes of one request body after decompression that the server accepts."""
    in_flight_limit_bytes: Annotated[int, Meta(ge=65536)] = 128 * 1024 * 1024
    """Bytes of all bodies that the server receives and checks at one time; beyond it senders get 429 and try again."""
    backlog_limit_bytes: Annotated[int, Meta(ge=65536)] = 256 * 1024 * 1024
    """Bytes that may wait in the server's spool to be read; beyond it senders get 429 and try again. What waits is on
    disk and safe: this bounds how long it takes until it is seen."""
    connection_limit: Count = 4096
    """Connections that the server holds at one time, fewer if the system allows it fewer files; beyond it new ones get
    429 and are closed."""
    connection_timeout_ms: Count = 60_000
    """Milliseconds that a client has for sending a whole request, and for taking some of an answer. Then its connection
    is closed, after 408 for an unfinished request."""
    server_spool_limit_bytes: Annotated[int, Meta(ge=65536)] = 8 * 1024 * 1024 * 1024
    """Bytes of disk that the server's spool may take while the store is slow or away; beyond it senders get 429 and try
    again."""
    durability: Literal["process", "power"] = "process"
    """What an acknowledged body survives: the end of the server's `process` by force, or also a loss of `power`. On
    Linux with DuckDB both do the same; ClickHouse syncs every insert then. See `docs/how-to/durability.md`."""
    alert_interval_s: Count = 15
    """Seconds from one look at all alert rules to the next."""
    alert_target_schemes: str = (
        "json,jsons,mailto,mailtos,slack,discord,msteams,gchat,mmosts,matrixs,ntfys,pagerduty,tgram"
    )
    """Kinds of addresses, separated by commas, that alerts may be sent to, by apprise's names: `jsons` is a webhook."""
    alert_private_targets: bool = False
    """Whether alerts may be sent to this machine and to hosts of its network, such as a mail server next to it."""
    webhook_schemes: str = "https"
    """Schemes, separated by commas, of addresses that webhooks may have: `https`, or also `http`."""
    webhook_private_targets: bool = False
    """Whether webhooks may be told on this machine and in its network."""
    redis: str | None = None
    """Address of a Redis or Valkey, such as `redis://:password@host:6379/0`, by which servers that share a store tell
    each other what happens. One server needs none."""
    public_url: str | None = None
    """Address by which people reach the dashboard, for links in messages. Without it: the one that it listens on."""
    forward_endpoint: str | None = None
    """Address of an OTLP collector, such as `http://127.0.0.1:4318`, to which the server forwards executions that have
    settled. Without it nothing is forwarded. What can be chosen goes by the execution at the top of a tree."""
    forward_headers: str | None = None
    """Headers for `forward_endpoint`, as `name=value` with commas between them. They are never shown or logged."""
    forward_agents: str = ""
    """Agents, separated by commas, whose executions are forwarded. Without it: all."""
    forward_environments: str = ""
    """Environments, separated by commas, whose executions are forwarded. Without it: all."""
    forward_statuses: str = ""
    """Statuses, separated by commas, such as `failed,timeout,crashed`, of executions that are forwarded. Without it:
    all."""
    forward_min_duration_ms: Annotated[int, Meta(ge=0)] = 0
    """Milliseconds that an execution must have taken to be forwarded."""
    forward_share: Share = 1.0
    """Share of the chosen executions that is forwarded; each one then counts for 1/share."""
    forward_queue_limit: Count = 10_000
    """Executions that may wait while the collector is away; beyond it the oldest are dropped and counted."""
    sql_timeout_ms: Annotated[int, Meta(ge=100, le=600_000)] = 10_000
    """Milliseconds that a query of `longpole sql` may take."""
    sql_row_limit: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000
    """Rows that one answer of `longpole sql` may have; there may be fewer where they are long (8 MB)."""
    settle_after_ms: Count = 1000
    """Milliseconds of quiet after its end until an execution is analysed and stored for good."""
    crashed_after_ms: Count = 20_000
    """Milliseconds without a sign of life of a process until the server calls crashed what it left open. A process that
    has never sent a heartbeat is given 15 times as long."""
    noise_rules: str | None = None
    """File of rules, in YAML, by which the server drops or folds steps that are noise. Read when the server starts; see
    `docs/how-to/noise.md`."""
    metrics_names: Annotated[int, Meta(ge=0, le=500)] = 50
    """Agents, and models, that `/metrics` names; those that come later are counted together as `other`."""
    tail_sampling_rate: Share = 1.0
    """Share of ordinary executions that the server keeps, decided when they have ended; each kept one counts for
    1/share. Failed, crashed, scored and slow ones (from `slow_operation_ms` on) are kept always."""

    def __repr__(self) -> str:
        shown = (f"{name}={shown_value(name, getattr(self, name))!r}" for name in self.__struct_fields__)
        return f"Settings({', '.join(shown)})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, shown_value(name, getattr(self, name))) for name in self.__struct_fields__]


# The timing document's YAML, as it stands there, and the setting that each of its keys is.
TIMING_KEYS: dict[str, Any] = {
    "enabled": "enabled",
    "sampling_rate": "sampling_rate",
    "persistence": {"enabled": "persistence_enabled", "retention_days": "retention_days"},
    "thresholds": {
        "slow_operation_ms": "slow_operation_ms",
        "critical_operation_ms": "critical_operation_ms",
    },
    "reporting": {"realtime": "realtime", "rollup_interval_minutes": "rollup_interval_minutes"},
}
_NAMES = Settings.__struct_fields__
_W3C_NAMES = ("traceparent", "tracestate")
_SECRET_NAMES = frozenset({"redis", "forward_headers", "api_key", "langsmith_api_key", "store"})
# Set for other purposes than a setting: the file to read.
_FILE_VARIABLE = PREFIX + "CONFIG"
_chosen: Settings | None = None


def load(*, config_file: str | None = None, environ: Mapping[str, str] | None = None, **arguments: Any) -> Settings:
    """The settings as they apply here: arguments, then environment, then file, then defaults.

    Args:
        config_file: the YAML file; without it `LONGPOLE_CONFIG`, else `longpole.yaml` in the working folder if there.
        environ: read instead of the process environment.
        arguments: settings by name; `None` means "not given".

    Raises:
        SettingsError: a name is unknown or a value out of range; the message names the nearest valid one.
    """
    variables = os.environ if environ is None else environ
    chosen: dict[str, Any] = _from_file(config_file or variables.get(_FILE_VARIABLE))
    for name in _W3C_NAMES:  # of the caller, in names that all tools share
        if variables.get(name.upper()):
            chosen[name] = variables[name.upper()]
    chosen.update(_from_environment(variables))
    for name, value in arguments.items():
        if name not in _NAMES:
            raise _unknown("the argument", name, _NAMES)
        if value is not None:
            chosen[name] = str(value) if isinstance(value, Path) else value
    return _checked(chosen)


def examined(environ: Mapping[str, str] | None = None, **arguments: Any) -> tuple[Settings, list[SettingsError]]:
    """The settings as `load` gives them, but without each one that cannot be; and why it cannot, one error for each.

    Nothing of a settings file counts if the file as a whole cannot be read.
    """
    variables = dict(os.environ if environ is None else environ)
    errors: list[SettingsError] = []
    try:
        _checked(_from_file(variables.get(_FILE_VARIABLE)))
    except SettingsError as error:
        errors.append(error)
        variables[_FILE_VARIABLE] = os.devnull
    for variable, text in list(variables.items()):
        if variable.startswith(PREFIX) and variable != _FILE_VARIABLE:
            try:
                _checked(_from_environment({variable: text}))
            except SettingsError as error:
                errors.append(error)
                del variables[variable]
    return load(environ=variables, **arguments), errors


def put_in_force(chosen: Settings) -> None:
    """Notes what `configure()` has chosen in this process, for whoever asks without an instance."""
    global _chosen
    _chosen = chosen


def in_force() -> Settings:
    """What `configure()` has chosen in this process, else the settings as they apply here."""
    return load() if _chosen is None else _chosen


def shown_value(name: str, value: Any) -> Any:
    """The value of a setting as it may be shown: keys are not."""
    return "[hidden]" if name in _SECRET_NAMES and value is not None else value


def data_folder(settings: Settings) -> Path:
    """The server's data folder as a path; it need not exist."""
    if settings.data_folder is not None:
        return Path(settings.data_folder).expanduser()
    home = os.environ.get("XDG_DATA_HOME")
    return (Path(home) if home else Path.home() / ".local" / "share") / "longpole"


def spool_folder(settings: Settings) -> Path:
    """The SDK's spool folder as a path; it need not exist."""
    if settings.spool is not None:
        return Path(settings.spool).expanduser()
    return data_folder(settings) / "spool-sdk"


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment as a new dictionary, with `extra` on top: what a child process is started with."""
    return {**os.environ, **(extra or {})}


def set_default_environment(name: str, value: str) -> None:
    """Sets a variable of this process that another library reads, unless the program or its user has set it."""
    os.environ.setdefault(name, value)


def is_interactive() -> bool:
    """Whether a person sits at this Python: a prompt, `python -i` or a notebook."""
    return hasattr(sys, "ps1") or bool(sys.flags.interactive) or "ipykernel" in sys.modules


def is_notebook() -> bool:
    """Whether this Python answers a notebook."""
    return "ipykernel" in sys.modules


def content_mode(settings: Settings) -> Content:
    """The content mode that applies: the chosen one, else `full` before a person and `hashed` everywhere else."""
    if settings.content is not None:
        return settings.content
    return "full" if is_interactive() else "hashed"


def reference_page() -> str:
    """The text of `docs/reference/settings.md`, made from `Settings`."""
    rows = [
        f"| `{name}` | {_type_text(Settings.__annotations__[name])} | {_default_text(default)} | {sentence} |"
        for (name, default), sentence in zip(_defaults(), _sentences(), strict=True)
    ]
    return _PAGE_HEAD + "\n".join(rows) + _PAGE_FOOT


def _from_file(path: str | None) -> dict[str, Any]:
    file = Path(path) if path else Path(FILE_NAME)
    if not path and not file.is_file():
        return {}
    content = _read_yaml(file)
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(
            f"{file} holds a {type(content).__name__}. Expected: settings as `name: value`. See "
            f"docs/reference/settings.md."
        )
    return _flattened(content, f"in {file} the key")


def _read_yaml(file: Path) -> Any:
    try:
        import yaml  # noqa: PLC0415 - optional in the base install, and 15 ms that only a settings file is worth
    except ImportError:
        raise SettingsError(
            f"{file} cannot be read: PyYAML is not installed. Expected: the package `pyyaml`, which comes with "
            f"`longpole[server]`. Run `pip install pyyaml`, or use {PREFIX}* variables and remove the file."
        ) from None
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{file} cannot be read: {error}. Expected: a YAML file. Correct it, or name another by {_FILE_VARIABLE}."
        ) from error


def _flattened(content: dict[Any, Any], where: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in content.items():
        if name == "timing":
            _take_section(value, TIMING_KEYS, where, "timing", flat)
        elif name in _NAMES:
            flat[name] = value
        else:
            raise _unknown(where, str(name), (*_NAMES, "timing"))
    return flat


def _take_section(section: Any, keys: dict[str, Any], where: str, path: str, flat: dict[str, Any]) -> None:
    if section is None:
        return
    if not isinstance(section, dict):
        raise SettingsError(
            f"{where} `{path}` is {section!r}. Expected: a section with {', '.join(keys)}. Indent its keys below it."
        )
    for name, value in section.items():
        target = keys.get(name)
        if target is None:
            raise _unknown(where, f"{path}.{name}", tuple(f"{path}.{key}" for key in keys))
        if isinstance(target, dict):
            _take_section(value, target, where, f"{path}.{name}", flat)
        else:
            flat[target] = value


def _from_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for variable, text in variables.items():
        if not variable.startswith(PREFIX) or variable == _FILE_VARIABLE or not text:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in _NAMES:
            raise _unknown("the environment variable", variable, tuple(PREFIX + known.upper() for known in _NAMES))
        chosen[name] = text
    return chosen


def _checked(chosen: dict[str, Any]) -> Settings:
    converted: dict[str, Any] = {}
    for name, value in chosen.items():
        kind = Settings.__annotations__[name]
        try:
            converted[name] = msgspec.convert(_plain(value, kind), kind, strict=not isinstance(value, str))
        except msgspec.ValidationError as error:
            raise SettingsError(
                f"The setting `{name}` is {shown_value(name, value)!r}: {error}. Expected: {_type_text(kind)}. Change "
                f"it where it is set (argument, {PREFIX}{name.upper()}, or {FILE_NAME})."
            ) from error
    return Settings(**converted)


def _plain(value: Any, kind: Any) -> Any:
    if kind is bool and isinstance(value, str):
        return {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(value.lower(), value)
    return value


def _unknown(where: str, name: str, known: tuple[str, ...]) -> SettingsError:
    asked = name.lower()
    # Half a name is nearer to the whole of it than to another of its own length.
    nearest = min(known, key=lambda one: (asked not in one.lower(), _distance(asked, one.lower())))
    return SettingsError(
        f"Unknown setting: {where} `{name}`. Expected: a name from docs/reference/settings.md. "
        f"Did you mean `{nearest}`?"
    )


def _distance(left: str, right: str) -> int:
    """The Levenshtein distance. difflib would do, but costs every agent its import."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


def _defaults() -> list[tuple[str, Any]]:
    return list(zip(_NAMES, Settings.__struct_defaults__, strict=True))


def _sentences() -> list[str]:
    """The string below each field, taken from the source: the reference page is made where the source is."""
    source = Path(__file__).read_text(encoding="utf-8").partition("class Settings(")[2].partition("\n\n\n#")[0]
    return [" ".join(part.split()) for part in source.split('"""')[3::2]]


def _type_text(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(kind))
    if get_origin(kind) is Annotated:
        plain, meta = get_args(kind)
        limits = [f"{sign} {limit}" for sign, limit in (("≥", meta.ge), ("≤", meta.le)) if limit is not None]
        return f"{_type_text(plain)} {' and '.join(limits)}"
    choices = [choice for choice in get_args(kind) if choice is not type(None)]
    if choices:
        return " or ".join(_type_text(choice) for choice in choices)
    return {"str": "text", "int": "whole number", "float": "number", "bool": "true or false"}[kind.__name__]


def _default_text(default: Any) -> str:
    if default is None:
        return "none"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


_PAGE_HEAD = """# Settings

One list for the SDK, the server and the command line. An argument wins over the environment, that over the file, that
over the default. In the environment a setting is `LONGPOLE_` and its name in capitals, as in `LONGPOLE_SAMPLING_RATE`.
The file is `longpole.yaml` in the working folder, or the one that `LONGPOLE_CONFIG` names. An unknown name is an error
that tells the nearest valid one.

| setting | value | default | what it does |
|---|---|---|---|
"""
_PAGE_FOOT = """

## The file

Settings stand at the top level by name. The section `timing` is accepted as the timing architecture document has it:

```yaml
workspace: research
timing:
  enabled: true
  sampling_rate: 1.0
  persistence:
    enabled: true
    retention_days: 30
  thresholds:
    slow_operation_ms: 1000
    critical_operation_ms: 5000
  reporting:
    realtime: true
    rollup_interval_minutes: 5
```
"""
