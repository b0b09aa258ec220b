"""Takes secrets and personal data out of what is recorded: by the name of a key and by the look of a value.

The same code runs in the agent, before anything leaves the process, and at the server's door for everyone else's
spans. A text in which nothing looks like a secret costs a few substring searches and comes back as the same object.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

REDACTED = "[redacted]"

# A key is compared in lower case without `_`, `-` and spaces, and only its part behind the last dot, so that
# `http.request.header.set-cookie`, `API_KEY` and `apiKey` are all found and `input_tokens` is not.
SECRET_KEYS = frozenset(
    re.findall(
        r"\w+",
        "authorization proxyauthorization cookie cookies setcookie password passwd passphrase pwd secret secrets "
        "apikey xapikey accesskey secretkey privatekey secretaccesskey clientsecret credential credentials "
        "creditcard cardnumber cvv cvc ssn connectionstring signingkey encryptionkey",
    )
)
SECRET_ENDINGS = ("password", "passwd", "secret", "apikey", "accesskey", "secretkey", "privatekey")
_KEY_NOISE = str.maketrans("", "", "_- ")

# Inside text: `"password": "x"`, `api_key=x`, `Authorization: Basic x`, also when the quotes are escaped once more.
_QUOTED_PAIR = re.compile(
    r"""(?ix) ((?:authorization|cookie|passw(?:or)?d|passphrase|secret|api[_-]?key|access[_-]?key|secret[_-]?key
        |private[_-]?key|credentials?|token) \\*["'] \s*[:=]\s* \\*(["']) )
        (?!\[redacted) (?:(?!\\*\2)[^\\]|\\[^"'])+"""
)
# The look ahead is bounded: 64 kB of nothing but `password=` took 4 s, the interpreter held all the while; now 50 ms.
_BARE_PAIR = re.compile(
    r"""(?ix) ((?:passw(?:or)?d|passphrase|pwd|secret|api[_-]?key|access[_-]?key|secret[_-]?key|token)
        \s?=\s? | (?:password|api[_-]?key|secret[_-]?key): \s?)
        (?=[^\s"'&,;]{0,64}[\d!$%*_-]) [^\s"'&,;<>(){}\[\]]{6,}"""
)
_HEADER = re.compile(r"(?i)(authorization:\s*(?:basic|bearer|digest|token)?\s*|cookie:\s*)[^\r\n\"']+")
_BEARER = re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/-]{8,}=*")
_JWT = re.compile(r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*")
_VENDOR_KEY = re.compile(
    r"""(?x) (?<![A-Za-z0-9_-]) (?: sk-[A-Za-z0-9_-]{16,} | (?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}
        | gh[opusr]_[A-Za-z0-9]{20,} | github_pat_[A-Za-z0-9_]{20,} | glpat-[A-Za-z0-9_-]{16,}
        | xox[abeprs]-[A-Za-z0-9-]{10,} | AIza[A-Za-z0-9_-]{30,} | hf_[A-Za-z0-9]{20,} )"""
)
_AWS_KEY = re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}(?![A-Za-z0-9])")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_URL_PASSWORD = re.compile(r"(://[^/\s:@\"']+:)[^/\s@\"']+(?=@)")
_EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,24}(?![\w-])")
# The lookbehind stands after the first digit so that the search can run along the text by character class.
_CARD = re.compile(
    r"[2-6](?<![\w.-].)\d{3}(?:(?:[ -]?\d{4}){2}[ -]?\d{1,7}|[ -]?\d{6}[ -]?\d{4,5})(?![\w-]|\.\d)",
)

# A pattern is tried only on a text that holds one of its words in lower case.
_PAIR_WORDS = ("pass", "pwd", "secret", "key", "token", "authorization", "cookie", "credential")
_PAIR_TAILS = re.compile("word|wd|phrase|s")
_PAIR_SIGNS = frozenset("\"'\\=: \t\r\n\v\f")
_LONGEST_HEAD = 8  # `private_` before `key`
_AWS_HEADS = ("AKIA", "ASIA", "AROA", "AIDA")
_VENDOR_HEADS = (
    *("sk-", "k_live_", "k_test_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    *("glpat-", "xox", "AIza", "hf_"),
)
# One pass of `bytes.translate` tells whether there is any word long enough for a key, or digits enough for a card:
# 1 us per kB, where a dozen substring searches took 7 and a regular expression 6.
_WORD_CLASS = bytes(0x77 if chr(code).isalnum() or code in b"_-." else 0x20 for code in range(128)) + b" " * 128
_DIGIT_CLASS = bytes(0x31 if 0x30 <= code <= 0x39 else 0x20 for code in range(256))
_LONG_WORD = b"w" * 14
_LONG_NUMBER = b"1" * 13
_KEPT_SHORT = 64
_MOST_KEPT = 8192
SHORTEST = 6
MOST_NESTED = 32


class Redactor:
    """Gives texts and values back without secrets. Safe across threads.

    Short texts and keys that were clean are remembered (8,192 at most): the same few hundred come again and again,
    and a set lookup is twenty times cheaper than looking at the text.

    Args:
        keys: further key names whose values are secret.
        own: called last on every text, for patterns of your own. If it raises, the text is replaced as a whole.
    """

    __slots__ = ("_clean", "_key_answers", "_keys", "_own")

    def __init__(self, keys: Iterable[str] = (), own: Callable[[str], str] | None = None) -> None:
        self._keys = SECRET_KEYS | {_fold_key(key) for key in keys}
        self._own = own
        self._clean: set[str] = set()
        self._key_answers: dict[str, bool] = {}

    def text(self, text: str) -> str:
        """The text with secrets replaced by `[redacted]`; the very same object when there are none."""
        if text in self._clean:
            return text
        clean = _without_patterns(text) if len(text) >= SHORTEST else text
        if self._own is not None:
            clean = self._own_text(clean)
        if clean != text:
            return clean
        if len(text) <= _KEPT_SHORT:
            if len(self._clean) >= _MOST_KEPT:
                self._clean.clear()
            self._clean.add(text)
        return text

    def value(self, value: Any, key: str = "") -> Any:
        """A JSON-like value without secrets: everything under a secret key, and every text.

        Containers in which nothing changed are given back as they are; they are never changed in place.
        """
        return self._value(value, key, 0)

    def is_secret_key(self, key: str) -> bool:
        """Whether what stands under this key is a secret by its name alone. Counts (`input_tokens`) are not."""
        answer = self._key_answers.get(key)
        if answer is None:
            name = _fold_key(key)
            answer = name in self._keys or name.endswith(SECRET_ENDINGS)
            if len(self._key_answers) >= _MOST_KEPT:
                self._key_answers.clear()
            self._key_answers[key] = answer
        return answer

    def _value(self, value: Any, key: str, depth: int) -> Any:
        if key and value is not None and not isinstance(value, bool):
            if self.is_secret_key(key):
                return REDACTED
            # "token" is also what a model counts and streams: only a text that could be a credential is one.
            if isinstance(value, str) and len(value) >= 12 and " " not in value and _fold_key(key).endswith("token"):
                return REDACTED
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, int):
            return REDACTED if 10**12 <= value < 10**19 and _is_card(str(value)) else value
        if depth >= MOST_NESTED:
            return REDACTED if isinstance(value, dict | list | tuple) else value
        if isinstance(value, dict):
            return self._dictionary(value, depth)
        if isinstance(value, list | tuple):
            return self._sequence(value, depth)
        return value

    def _dictionary(self, value: dict[Any, Any], depth: int) -> dict[Any, Any]:
        changed: dict[Any, Any] | None = None
        for name, inner in value.items():
            clean = self._value(inner, name if isinstance(name, str) else "", depth + 1)
            if clean is not inner:
                if changed is None:
                    changed = dict(value)
                changed[name] = clean
        return value if changed is None else changed

    def _sequence(self, value: list[Any] | tuple[Any, ...], depth: int) -> list[Any] | tuple[Any, ...]:
        clean = [self._value(inner, "", depth + 1) for inner in value]
        return value if all(new is old for new, old in zip(clean, value, strict=True)) else clean

    def _own_text(self, text: str) -> str:
        assert self._own is not None
        try:
            return str(self._own(text))
        except Exception:
            return REDACTED  # better lost than leaked


def _fold_key(key: str) -> str:
    return key.rpartition(".")[2].lower().translate(_KEY_NOISE)


def _without_patterns(text: str) -> str:
    raw = text.encode("ascii", "replace")
    if "PRIVATE KEY-----" in text:
        text = _PRIVATE_KEY.sub(REDACTED, text)
    if _LONG_WORD in raw.translate(_WORD_CLASS):
        text = _without_keys(text)
    folded = text.lower()
    # Every header and pair holds a colon or an equals sign; prose and ids do not: 4.7 us become 2.1 at 480 characters.
    has_sign = ":" in text or "=" in text
    if has_sign and ("authorization" in folded or "cookie" in folded):
        text = _HEADER.sub(rf"\1{REDACTED}", text)
    if "bearer" in folded:
        text = _BEARER.sub(rf"\1{REDACTED}", text)
    if has_sign and _any_in(_PAIR_WORDS, folded):
        text = _without_pairs(_QUOTED_PAIR, text)
        text = _without_pairs(_BARE_PAIR, text)
    if "@" in text:
        text = _EMAIL.sub(REDACTED, _URL_PASSWORD.sub(rf"\1{REDACTED}", text))
    if _LONG_NUMBER in raw.translate(_DIGIT_CLASS, b" -"):
        text = _CARD.sub(_redact_card, text)
    return text


def _without_keys(text: str) -> str:
    if "eyJ" in text:
        text = _JWT.sub(REDACTED, text)
    if _any_in(_AWS_HEADS, text):
        text = _AWS_KEY.sub(REDACTED, text)
    return _VENDOR_KEY.sub(REDACTED, text) if _any_in(_VENDOR_HEADS, text) else text


def _pair_places(folded: str) -> list[int]:
    """Where a word that names a secret stands right before what could set it off from its value."""
    places: list[int] = []
    for word in _PAIR_WORDS:
        place = folded.find(word)
        while place >= 0:
            end = place + len(word)
            tail = _PAIR_TAILS.match(folded, end) if word in ("pass", "credential") else None
            if tail is not None:
                end = tail.end()
            if folded[end : end + 1] in _PAIR_SIGNS and end < len(folded):
                places.append(place)
            place = folded.find(word, end)
    return places


def _without_pairs(pattern: re.Pattern[str], text: str) -> str:
    # Tried only where such a word stands: on a whole text these patterns take 0.1 us a character.
    folded = text.lower()
    if len(folded) != len(text):
        return pattern.sub(rf"{REDACTED}", text)  # letters that grow when folded: places would not fit
    parts: list[str] = []
    done = 0
    for place in sorted(_pair_places(folded)):
        for start in range(max(done, place - _LONGEST_HEAD), place + 1):
            if found := pattern.match(text, start):
                parts += (text[done : found.end(1)], REDACTED)
                done = found.end()
                break
    return "".join((*parts, text[done:])) if parts else text


def _any_in(words: tuple[str, ...], text: str) -> bool:
    # A plain loop: any() with a generator costs 0.4 us more, and this runs for every text that is recorded.
    for word in words:  # noqa: SIM110
        if word in text:
            return True
    return False


def _redact_card(match: re.Match[str]) -> str:
    return REDACTED if _is_card(match.group()) else match.group()


def _is_card(text: str) -> bool:
    """Whether the digits are a card number: prefix and length of a known brand, and the Luhn sum (ISO/IEC 7812-1)."""
    digits = [int(character) for character in text if character.isdecimal()]
    if not _is_card_length(digits):
        return False
    total = sum(digits[-1::-2])
    for digit in digits[-2::-2]:
        total += digit * 2 - 9 if digit > 4 else digit * 2
    return total % 10 == 0


def _is_card_length(digits: list[int]) -> bool:
    count = len(digits)
    if digits[0] == 3:
        return count == 15 if digits[1] in (4, 7) else count in (14, 16)
    if digits[0] == 4:
        return count in (13, 16, 19)
    return count == 16
