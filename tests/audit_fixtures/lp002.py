"""LP002: blocking calls in asynchronous code."""

import asyncio
import subprocess
import time
import urllib.request
from time import sleep as nap

import anthropic
import psycopg2
import redis
import redis.asyncio
import requests
import sqlalchemy.orm
from openai import AsyncOpenAI, OpenAI
from pymongo import MongoClient

model = OpenAI()
async_model = AsyncOpenAI()
mongo = MongoClient()


async def one():
    time.sleep(1)  # expect: LP002


async def two():
    nap(1)  # expect: LP002


async def three(url):
    return requests.get(url, timeout=3)  # expect: LP002


async def four(url):
    with requests.Session() as session:
        return session.post(url)  # expect: LP002


async def five():
    subprocess.run(["ls"], check=True)  # expect: LP002


async def six():
    process = subprocess.Popen(["ls"])
    process.wait()  # expect: LP002


async def seven(url):
    return urllib.request.urlopen(url)  # expect: LP002


async def eight(prompt):
    return model.responses.create(model="m", input=prompt)  # expect: LP002


async def nine(prompt):
    client = anthropic.Anthropic()
    return client.messages.create(model="m", messages=[prompt])  # expect: LP002


async def ten():
    connection = psycopg2.connect("")  # expect: LP002
    cursor = connection.cursor()
    cursor.execute("SELECT 1")  # expect: LP002


async def eleven(key):
    return redis.Redis().get(key)  # expect: LP002


async def twelve(session: sqlalchemy.orm.Session):
    session.commit()  # expect: LP002


async def thirteen(name):
    return mongo.main.names.find_one({"name": name})  # expect: LP002


async def fourteen():
    return input("name? ")  # expect: LP002


class Tool:
    def __init__(self):
        self.http = requests.Session()

    async def run(self, url):
        return self.http.get(url)  # expect: LP002

    def run_sync(self, url):
        return self.http.get(url)


def miss_sync(url):
    time.sleep(1)
    return requests.get(url)


async def miss_async_sleep():
    await asyncio.sleep(1)


async def miss_thread(url):
    return await asyncio.to_thread(requests.get, url)


async def miss_nested(url):
    def inside():
        time.sleep(1)
        return requests.get(url)

    return await asyncio.to_thread(inside)


async def miss_lambda(loop, url):
    return await loop.run_in_executor(None, lambda: requests.get(url))


async def miss_async_model(prompt):
    return await async_model.responses.create(model="m", input=prompt)


async def miss_async_redis(key):
    return await redis.asyncio.Redis().get(key)


async def miss_zero():
    time.sleep(0)


async def miss_own_name(sleep):
    sleep(1)


async def miss_own_get(requests):
    return requests.get("a")


async def miss_subprocess():
    return await asyncio.create_subprocess_exec("ls")


async def miss_started():
    return subprocess.Popen(["ls"])


async def miss_suspended(app):
    with app.suspend():
        subprocess.run(["vi"], check=True)


async def miss_on_purpose():
    """Blocks the event loop for a second, to see what happens."""
    time.sleep(1)


async def miss_file(path):
    # low confidence only
    with open(path) as file:
        return file.read()


async def miss_exception():
    try:
        return 1
    except requests.RequestException:
        return 0


async def miss_suppressed():
    time.sleep(1)  # noqa: ASYNC251
    time.sleep(1)  # noqa: LP002
    time.sleep(1)  # noqa
