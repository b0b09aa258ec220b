"""LP003: what blocks further down. Each `expect` is a true case; every other call here must stay silent."""

import asyncio
import sqlite3
import subprocess
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import requests
from openai import AsyncOpenAI, OpenAI

client = OpenAI()
async_client = AsyncOpenAI()
pool = ThreadPoolExecutor()
http = httpx.AsyncClient()
session = requests.Session()


def nap():
    time.sleep(1)


def fetch(url):
    return requests.get(url, timeout=5).json()


def through_session(url):
    return session.post(url)


def run_git(*words):
    return subprocess.run(["git", *words], check=True)


def ask(prompt):
    return client.responses.create(model="m", input=prompt)


def rows(path):
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT 1").fetchall()


def open_url(url):
    return urllib.request.urlopen(url).read()


def with_retries(action):
    for attempt in range(3):
        try:
            return action()
        except OSError:
            time.sleep(attempt)
    return None


def middle(url):
    return fetch(url)


def top(url):
    return middle(url)


def pure(text):
    return text.upper()


def only_file(path):
    return Path(path).read_text()


def given(function):
    return function


def starts_thread():
    return pool.submit(time.sleep, 1)


def defines_only():
    def later():
        time.sleep(1)

    return later


def makes_coroutine(url):
    return http.get(url)


def generator_of_words(text):
    yield from text.split()


async def really_async(url):
    return await http.get(url)


def recursive(n):
    return recursive(n - 1) if n else 0


def ping_a(n):
    return ping_b(n - 1) if n else 0


def ping_b(n):
    return ping_a(n)


class Store:
    def __init__(self, path):
        self.connection = sqlite3.connect(path)

    def save(self, row):
        self.connection.execute("INSERT INTO t VALUES (?)", (row,))
        self.connection.commit()

    def name(self):
        return "store"

    async def keep(self, row):
        self.save(row)  # expect: LP003
        self.name()


class Client:
    def get(self, url):
        return requests.get(url)

    def shape(self, url):
        return url.strip()

    async def answer(self, url):
        return self.get(url)  # expect: LP003

    async def shaped(self, url):
        return self.shape(url)


class Slow:
    def work(self):
        self.wait()

    def wait(self):
        time.sleep(2)


class Child(Slow):
    async def run(self):
        self.work()  # expect: LP003


async def one():
    nap()  # expect: LP003


async def two(url):
    data = fetch(url)  # expect: LP003
    return data


async def three(url):
    return through_session(url)  # expect: LP003


async def four():
    run_git("status")  # expect: LP003


async def five(prompt):
    return ask(prompt).output_text  # expect: LP003


async def six(path):
    for row in rows(path):  # expect: LP003
        print(row)


async def seven(url):
    return open_url(url)  # expect: LP003


async def eight(action):
    return with_retries(action)  # expect: LP003


async def nine(url):
    return middle(url)  # expect: LP003


async def ten(url):
    if fetch(url):  # expect: LP003
        return True
    return False


async def eleven(urls):
    return [fetch(url) for url in urls]  # expect: LP003


async def twelve(urls):
    found = {}
    for url in urls:
        found[url] = fetch(url)  # expect: LP003
    return found


async def thirteen(url):
    try:
        return fetch(url)  # expect: LP003
    finally:
        pure(url)


async def fourteen(url):
    with open(url) as file:
        file.write(str(fetch(url)))  # expect: LP003


async def fifteen(store: Store):
    store.save(1)  # expect: LP003


async def sixteen():
    store = Store("a")
    store.save(1)  # expect: LP003


async def seventeen(url):
    return {"answer": fetch(url)}  # expect: LP003


async def eighteen(url):
    yield fetch(url)  # expect: LP003


async def miss_thread(url):
    return await asyncio.to_thread(fetch, url)


async def miss_executor(url):
    return await asyncio.get_running_loop().run_in_executor(pool, fetch, url)


async def miss_lambda(url):
    return await asyncio.to_thread(lambda: fetch(url))


async def miss_nested(url):
    def inside():
        return fetch(url)

    return await asyncio.to_thread(inside)


async def miss_pure(text):
    return pure(text)


async def miss_file(path):
    return only_file(path)


async def miss_given():
    return given(fetch)


async def miss_thread_start():
    return starts_thread()


async def miss_definition():
    return defines_only()


async def miss_coroutine(url):
    return await makes_coroutine(url)


async def miss_generator(text):
    return list(generator_of_words(text))


async def miss_async(url):
    return await really_async(url)


async def miss_recursive():
    return recursive(3)


async def miss_ring():
    return ping_a(3)


async def miss_async_client(prompt):
    return await async_client.responses.create(model="m", input=prompt)


async def miss_name(store: Store):
    return store.name()


async def miss_submit(url):
    return pool.submit(fetch, url)


async def miss_callback(button):
    button.on_click(fetch)


async def miss_task(url):
    return await asyncio.create_task(really_async(url))


def miss_sync(url):
    return fetch(url)


def miss_sync_main():
    nap()
    return asyncio.run(one())


async def miss_far(url):
    # three functions down: told with low confidence only
    return top(url)


async def miss_suppressed(url):
    return fetch(url)  # noqa: LP003
