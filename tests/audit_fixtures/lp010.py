"""LP010: engines, clients and pools made anew, or without settings."""

import functools
from contextlib import asynccontextmanager

import anthropic
import asyncpg
import boto3
import httpx
import redis
import requests
from aiohttp import ClientSession
from openai import AsyncOpenAI, OpenAI
from pymongo import MongoClient
from sqlalchemy import NullPool, create_engine
from sqlalchemy.ext.asyncio import create_async_engine

URL = "postgresql://db/x"
LOCAL = "sqlite:///x.db"

engine_one = create_engine(URL)  # expect: LP010
engine_two = create_async_engine("postgresql+asyncpg://db/x", echo=True)  # expect: LP010
engine_three = create_engine(URL, connect_args={"timeout": 3})  # expect: LP010


class Manager:
    def __init__(self, url):
        self.engine = create_engine(url)  # expect: LP010

    async def ask(self, question):
        client = AsyncOpenAI()  # expect: LP010
        return await client.responses.create(model="m", input=question)


async def one(url):
    async with httpx.AsyncClient() as client:  # expect: LP010
        return await client.get(url)


async def two(url):
    async with ClientSession() as session:  # expect: LP010
        return await session.get(url)


def three(url):
    session = requests.Session()  # expect: LP010
    return session.get(url).json()


def four(question):
    return OpenAI(api_key="x").responses.create(model="m", input=question)  # expect: LP010


def five(questions):
    answers = []
    for question in questions:
        client = anthropic.Anthropic()  # expect: LP010
        answers.append(client.messages.create(model="m", messages=[question]))
    return answers


def six(key):
    store = redis.Redis()  # expect: LP010
    return store.get(key)


def seven(name):
    s3 = boto3.client("s3")  # expect: LP010
    return s3.get_object(Bucket="b", Key=name)


def eight(name):
    database = MongoClient(URL).main  # expect: LP010
    return database.names.find_one({"name": name})


async def nine(row):
    connection = await asyncpg.connect(URL)  # expect: LP010
    await connection.execute("INSERT INTO t VALUES ($1)", row)
    await connection.close()


async def ten(row):
    pool = await asyncpg.create_pool(URL)  # expect: LP010
    async with pool.acquire() as connection:
        await connection.execute("INSERT INTO t VALUES ($1)", row)


def eleven(rows):
    engine = create_engine(URL, pool_size=5)  # expect: LP010
    with engine.begin() as connection:
        connection.execute(rows)


def twelve(urls):
    for url in urls:
        with httpx.Client() as client:  # expect: LP010
            print(client.get(url))


async def thirteen(request):
    client = redis.asyncio.from_url(URL)  # expect: LP010
    return await client.get(request.id)


async def handle(request):
    client = AsyncOpenAI(api_key=request.key)  # expect: LP010
    return await client.embeddings.create(model="m", input=request.text)


class Tool:
    async def run(self, query):
        async with httpx.AsyncClient(timeout=5) as client:  # expect: LP010
            answer = await client.post("https://example.org", json={"q": query})
        return answer.json()

    def lookup(self, name):
        client = OpenAI()  # expect: LP010
        return client.models.retrieve(name)


def fourteen(prompt):
    client = anthropic.Anthropic(api_key="x")  # expect: LP010
    message = client.messages.create(model="m", messages=[prompt])
    return message.content


miss_engine_sized = create_engine(URL, pool_size=20)
miss_engine_overflow = create_engine(URL, max_overflow=5)
miss_engine_null = create_async_engine(URL, poolclass=NullPool)
miss_engine_ping = create_engine(URL, pool_pre_ping=True)
miss_engine_sqlite = create_engine("sqlite:///x.db")
miss_engine_local = create_engine(LOCAL)
OPTIONS = {"pool_size": 3}
miss_engine_options = create_engine(URL, **OPTIONS)
miss_client = OpenAI()


def create_client():
    return httpx.Client()


def miss_returned():
    client = OpenAI()
    return client


@functools.cache
def miss_cached():
    return redis.Redis()


class Kept:
    def __init__(self):
        self.http = httpx.AsyncClient()

    def connect(self):
        self.store = redis.Redis()

    def lazily(self):
        if self.http is None:
            self.http = httpx.AsyncClient()
        return self.http


async def miss_many(urls):
    async with httpx.AsyncClient() as client:
        return [await client.get(url) for url in urls]


async def miss_gathered(urls, gather):
    async with httpx.AsyncClient() as client:
        return await gather(*(client.get(url) for url in urls))


def miss_loop(urls):
    session = requests.Session()
    for url in urls:
        print(session.get(url))


@asynccontextmanager
async def miss_lifespan(app):
    async with httpx.AsyncClient() as client:
        app.client = client
        yield


def main():
    client = OpenAI()
    print(client.models.list())


def setup_clients(app):
    client = httpx.AsyncClient()
    app.run(client)


def get_openai_client():
    client = OpenAI()
    client.timeout = 3
    return client


def miss_handed_on(agent):
    return agent.Runner(client=OpenAI())


def miss_stored(registry):
    client = OpenAI()
    registry["openai"] = client


def miss_global():
    global shared
    shared = OpenAI()


def miss_wrapped():
    client = AsyncOpenAI()
    return Model(client=client)


def miss_per_host(hosts):
    for host in hosts:
        client = httpx.Client(base_url=host)
        print(client.get("/"))


def miss_used(client, url):
    return client.get(url)


def miss_suppressed(question):
    return OpenAI().responses.create(model="m", input=question)  # noqa: LP010
