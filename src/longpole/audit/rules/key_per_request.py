"""What it finds
: A key that is derived, or base64 that is decoded, on every request although the result is always the same; and a slow
  password hash in `async def`, which holds the event loop.

Why it matters
: PBKDF2, scrypt, bcrypt and argon2 are slow on purpose: 50 to 500 ms. From one secret they always make the same key.
  Base64 of a fixed key is microseconds each time, but on every request, and often with a cipher built anew from it.

When not to worry
: Checking a person's password needs the slow hash; in a thread it disturbs nobody. Silent: encoding what the request
  brought, fast hashes such as SHA-256, start-up.

How to mend
: Derive once, at start-up or behind `functools.cache`. Put password hashes into `asyncio.to_thread`.

```python
# 100 ms per request
def decrypt(token):
    key = hashlib.pbkdf2_hmac("sha256", SECRET, SALT, 600_000)
    return Fernet(base64.urlsafe_b64encode(key)).decrypt(token)

# once
@functools.cache
def cipher():
    key = hashlib.pbkdf2_hmac("sha256", SECRET, SALT, 600_000)
    return Fernet(base64.urlsafe_b64encode(key))
```
"""

import ast
import re
from collections.abc import Iterator

from longpole.audit.names import Names
from longpole.audit.rule import Hit, Rule, hit_at
from longpole.audit.rules.client_per_call import is_made_once
from longpole.audit.source import (
    COMPREHENSIONS,
    FUNCTIONS,
    Function,
    last_name,
    names_bound,
    names_read,
    root_name,
    walk,
)
from longpole.model.finding import Confidence

_DERIVES = frozenset(
    {"hashlib.pbkdf2_hmac", "hashlib.scrypt", "Crypto.Protocol.KDF.PBKDF2", "Crypto.Protocol.KDF.scrypt", "bcrypt.kdf"}
    | {"argon2.low_level.hash_secret_raw", "nacl.pwhash.argon2id.kdf"}
)
_KDF_CLASSES = ("PBKDF2HMAC", "Scrypt", "Argon2id")
_PASSWORDS = frozenset(
    {
        "bcrypt.hashpw",
        "bcrypt.checkpw",
        "werkzeug.security.generate_password_hash",
        "werkzeug.security.check_password_hash",
    }
)
_PASSWORD_OBJECTS = (
    "passlib.context.CryptContext",
    "argon2.PasswordHasher",
    "passlib.hash.bcrypt",
    "passlib.hash.argon2",
    "passlib.hash.pbkdf2_sha256",
)
_BASE64 = frozenset(
    {
        f"base64.{name}"
        for name in (
            "b64encode",
            "b64decode",
            "urlsafe_b64encode",
            "urlsafe_b64decode",
            "standard_b64encode",
            "standard_b64decode",
        )
    }
)
_AUTH = re.compile(
    r"(authenticate|authori[sz]e|verify|validate_token|check_(auth|token|permission|signature)|current_user|require_"
    r"|middleware|dispatch|__call__|is_valid_token|decode_token|auth_header)",
    re.IGNORECASE,
)
_ROUTES = ("get", "post", "put", "patch", "delete", "route", "websocket", "middleware", "api_route", "head")
_ONCE = re.compile(
    r"^_*(__init__|__post_init__|main|lifespan|startup|setup\w*|init\w*|configure\w*|create_\w+|generate_\w+|build_\w+|make_\w+|load_\w+|migrate\w*|register\w*|sign_?up\w*|set_password\w*)$"
)


def check(names: Names) -> Iterator[Hit]:
    """Derived keys, password hashes and base64 of one file."""
    for call in names.source.calls:
        function = names.source.function_of(call)
        if not isinstance(function, FUNCTIONS) or names.source.is_in_test(call):
            continue
        name = names.of(call.func) or ""
        if name in _DERIVES or _is_derive(names, call):
            yield from _derived(names, call, function)
        elif name in _PASSWORDS or (
            name.rpartition(".")[0] in _PASSWORD_OBJECTS and last_name(call.func) in ("hash", "verify")
        ):
            yield from _password(call, function)
        elif name in _BASE64:
            yield from _encoded(names, call, function)


def _is_derive(names: Names, call: ast.Call) -> bool:
    """`kdf.derive(...)` of a slow derivation."""
    if last_name(call.func) != "derive" or not isinstance(call.func, ast.Attribute):
        return False
    return (names.of(call.func.value) or "").rpartition(".")[2] in _KDF_CLASSES


def _derived(names: Names, call: ast.Call, function: Function) -> Iterator[Hit]:
    if _ONCE.match(function.name) or is_made_once(function) or _is_cached_here(names, call):
        return
    is_fixed = is_constant(names, call, function)
    in_async = isinstance(function, ast.AsyncFunctionDef)
    if not is_fixed and not in_async:
        return
    reasons = ["all that goes into it is the same for every request"] if is_fixed else []
    if in_async:
        reasons.append("it stands in `async def` and holds the event loop meanwhile")
    yield hit_at(
        call,
        f"`{ast.unparse(call.func)}` derives a key on every call of `{function.name}`",
        Confidence.HIGH if is_fixed else Confidence.MEDIUM,
        kind="derive",
        reasons=tuple(reasons),
    )


def _password(call: ast.Call, function: Function) -> Iterator[Hit]:
    if isinstance(function, ast.AsyncFunctionDef):
        yield hit_at(
            call,
            f"`{ast.unparse(call.func)}` is slow on purpose, and holds the event loop meanwhile",
            Confidence.HIGH,
            kind="password",
            reasons=("it stands directly in `async def`",),
            advice="Put it into `await asyncio.to_thread(...)`.",
        )


def _encoded(names: Names, call: ast.Call, function: Function) -> Iterator[Hit]:
    """Base64 of what never changes, where requests pass."""
    if _ONCE.match(function.name) or is_made_once(function) or _is_cached_here(names, call):
        return
    is_route = any(isinstance(one, ast.Call) and last_name(one) in _ROUTES for one in function.decorator_list)
    in_loop = names.source.loop_of(call) is not None
    if not (is_route or _AUTH.search(function.name) or in_loop) or not is_constant(names, call, function):
        return
    yield hit_at(
        call,
        f"`{ast.unparse(call.func)}` gives the same result on every call of `{function.name}`",
        Confidence.MEDIUM,
        kind="base64",
        reasons=("all that goes into it is the same for every request", "requests pass here"),
    )


def is_constant(names: Names, call: ast.Call, function: Function) -> bool:
    """Whether what goes into a call comes from constants, settings and the object, not from arguments."""
    scope = names.source.scopes[function]
    items = {
        name
        for outer in names.source.around(call)
        if isinstance(outer, COMPREHENSIONS)
        for generator in outer.generators
        for name in names_bound(generator.target)
    }
    if items & names_read(call):
        return False
    return all(_is_fixed(part, scope.values, 0) for part in (*call.args, *(keyword.value for keyword in call.keywords)))


def _is_fixed(node: ast.AST, local: dict[str, list[ast.AST]], depth: int) -> bool:
    if depth > 4:
        return False
    for one in walk(node):
        if isinstance(one, ast.Await):
            return False
        if isinstance(one, ast.Call) and last_name(one.func) in (
            "urandom",
            "token_bytes",
            "uuid4",
            "now",
            "time",
            "read",
            "get_random_bytes",
            "token_urlsafe",
        ):
            return False
        if not isinstance(one, ast.Name) or one.id in ("self", "cls"):
            continue
        for value in local.get(one.id, ()):
            if isinstance(value, ast.arg) or not isinstance(value, ast.expr) or root_name(value) == one.id:
                return False
            if not _is_fixed(value, local, depth + 1):
                return False
    return True


def _is_cached_here(names: Names, call: ast.Call) -> bool:
    """Inside `if self._key is None:` or stored in the object or in a global."""
    statement = names.source.statement_of(call)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(isinstance(target, ast.Attribute | ast.Subscript) for target in targets)


RULE = Rule(
    code="LP015",
    slug="key-per-request",
    title="The same key worked out per request",
    advice="Work it out once, at start-up or behind `functools.cache`.",
    page=__doc__ or "",
    check=check,
)
