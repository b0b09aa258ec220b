"""LP015: keys worked out per request."""

import base64
import functools
import hashlib
import os

import bcrypt
from argon2 import PasswordHasher
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from passlib.context import CryptContext

SECRET = os.environ["SECRET"].encode()
SALT = b"salt"
KEY_TEXT = "abc="
settings = object()
hasher = PasswordHasher()
passwords = CryptContext(schemes=["bcrypt"])


def one(token):
    key = hashlib.pbkdf2_hmac("sha256", SECRET, SALT, 600_000)  # expect: LP015
    return Fernet(base64.urlsafe_b64encode(key)).decrypt(token)


def two(token):
    return Fernet(hashlib.scrypt(SECRET, salt=SALT, n=2, r=8, p=1)).decrypt(token)  # expect: LP015


def three(token):
    kdf = PBKDF2HMAC(algorithm=None, length=32, salt=SALT, iterations=480_000)
    return Fernet(kdf.derive(SECRET)).decrypt(token)  # expect: LP015


def four(self, token):
    key = hashlib.pbkdf2_hmac("sha256", self.secret, self.salt, 100_000)  # expect: LP015
    return key, token


async def five(password, stored):
    return bcrypt.checkpw(password, stored)  # expect: LP015


async def six(password):
    return bcrypt.hashpw(password, bcrypt.gensalt())  # expect: LP015


async def seven(password, stored):
    hasher.verify(stored, password)  # expect: LP015


async def eight(password):
    return passwords.hash(password)  # expect: LP015


async def nine(password, stored):
    if not passwords.verify(password, stored):  # expect: LP015
        raise PermissionError


async def ten(password, salt):
    return hashlib.pbkdf2_hmac("sha256", password, salt, 600_000)  # expect: LP015


async def eleven(password, salt):
    return hashlib.scrypt(password, salt=salt, n=2, r=8, p=1)  # expect: LP015


def verify_token(token):
    key = base64.b64decode(KEY_TEXT)  # expect: LP015
    return token.check(key)


def authenticate(request):
    expected = base64.b64encode(SECRET).decode()  # expect: LP015
    return request.header == expected


async def get_current_user(request):
    key = base64.urlsafe_b64decode(settings.key)  # expect: LP015
    return request.user(key)


@app.get("/me")
def me(request):
    key = base64.b64decode(KEY_TEXT)  # expect: LP015
    return request.read(key)


class Middleware:
    async def __call__(self, request):
        secret = base64.b64decode(self.secret)  # expect: LP015
        return request.check(secret)

    async def dispatch(self, request, call_next):
        key = base64.b64decode(settings.key)  # expect: LP015
        return await call_next(request, key)


def twelve(tokens):
    for token in tokens:
        key = base64.b64decode(KEY_TEXT)  # expect: LP015
        token.check(key)


def thirteen(token):
    kdf = Scrypt(salt=SALT, length=32, n=2, r=8, p=1)
    key = kdf.derive(SECRET)  # expect: LP015
    return token.check(key)


async def fourteen(token):
    secret = settings.secret.encode()
    key = hashlib.pbkdf2_hmac("sha256", secret, SALT, 600_000)  # expect: LP015
    return token.check(key)


def authorize(request):
    secret = settings.secret
    return request.key == base64.b64encode(secret.encode())  # expect: LP015


@functools.cache
def miss_cached():
    return hashlib.pbkdf2_hmac("sha256", SECRET, SALT, 600_000)


class Vault:
    def __init__(self):
        self.key = hashlib.pbkdf2_hmac("sha256", SECRET, SALT, 600_000)
        self.text = base64.b64encode(SECRET)

    def lazily(self):
        if self.key is None:
            self.key = hashlib.pbkdf2_hmac("sha256", SECRET, SALT, 600_000)
        return self.key


MISS_MODULE = hashlib.pbkdf2_hmac("sha256", SECRET, SALT, 600_000)


def miss_user_password(password, salt):
    return hashlib.pbkdf2_hmac("sha256", password, salt, 600_000)


def miss_check_password(password, stored):
    return bcrypt.checkpw(password, stored)


def miss_sync_hash(password):
    return passwords.hash(password)


async def miss_in_thread(password, stored, to_thread):
    return await to_thread(bcrypt.checkpw, password, stored)


def miss_basic_auth_of_user(user, password):
    return base64.b64encode(f"{user}:{password}".encode())


def verify_signature(request):
    return base64.b64decode(request.signature)


def authenticate_header(header):
    return base64.b64decode(header.split(" ")[1]).decode()


def miss_picture(picture):
    return base64.b64encode(picture.read())


def miss_pictures(pictures):
    return [base64.b64encode(picture) for picture in pictures]


def miss_fast_hash(text):
    return hashlib.sha256(text).hexdigest()


def miss_fernet_of_settings(self):
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(self.secret).digest()))


def miss_random():
    return base64.urlsafe_b64encode(os.urandom(32))


def verify_fresh(request):
    return request.nonce == base64.b64encode(os.urandom(8))


def create_cipher():
    return Fernet(hashlib.pbkdf2_hmac("sha256", SECRET, SALT, 600_000))


def setup_keys():
    return hashlib.scrypt(SECRET, salt=SALT, n=2, r=8, p=1)


def miss_store(value, store):
    store.write(base64.b64encode(value))


def miss_download(path):
    return base64.b64decode(path.read_text())


def miss_fetch_token(self):
    return base64.b64encode(f"{self.client}:{self.secret}".encode())


async def miss_async_body(request):
    return base64.b64decode(await request.body())


def miss_decrypt(cipher, token):
    return cipher.decrypt(token)


def miss_loop_of_values(values):
    for value in values:
        print(base64.b64decode(value))


def miss_suppressed(token):
    key = hashlib.pbkdf2_hmac("sha256", SECRET, SALT, 600_000)  # noqa: LP015
    return token.check(key)
