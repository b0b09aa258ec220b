"""LP011: executors made for one job."""

import asyncio
import concurrent.futures
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import lru_cache

shared = ThreadPoolExecutor(max_workers=4)


def one(work):
    with ThreadPoolExecutor() as pool:  # expect: LP011
        return pool.submit(work).result()


async def two(work, path):
    with ThreadPoolExecutor() as pool:  # expect: LP011
        return await asyncio.get_running_loop().run_in_executor(pool, work, path)


async def three(work):
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(ThreadPoolExecutor(), work)  # expect: LP011


def four(work):
    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as pool:  # expect: LP011
        future = pool.submit(asyncio.run, work())
        return future.result()


def five(items, work):
    for item in items:
        with ThreadPoolExecutor() as pool:  # expect: LP011
            pool.submit(work, item)


def six(work):
    pool = ThreadPoolExecutor(1)  # expect: LP011
    try:
        return pool.submit(work).result(timeout=3)
    finally:
        pool.shutdown()


def seven(work, value):
    with ProcessPoolExecutor() as pool:  # expect: LP011
        return pool.submit(work, value).result()


def eight(work, value):
    with multiprocessing.Pool(1) as pool:  # expect: LP011
        return pool.apply(work, (value,))


async def nine(work):
    executor = ThreadPoolExecutor(max_workers=1)  # expect: LP011
    return await asyncio.wrap_future(executor.submit(work))


class Tool:
    def run(self, work):
        with ThreadPoolExecutor() as pool:  # expect: LP011
            return pool.submit(self.inner, work).result()

    async def arun(self, work):
        with ThreadPoolExecutor() as executor:  # expect: LP011
            result = await asyncio.get_event_loop().run_in_executor(executor, work)
        return result

    def timed(self, work):
        executor = ThreadPoolExecutor(max_workers=1)  # expect: LP011
        future = executor.submit(work)
        return future.result(timeout=self.timeout)


def ten(batches, work):
    for batch in batches:
        with ThreadPoolExecutor() as pool:  # expect: LP011
            list(pool.map(work, batch))


def eleven(work):
    if asyncio.iscoroutine(work):
        with ThreadPoolExecutor() as pool:  # expect: LP011
            return pool.submit(asyncio.run, work).result()
    return work


def twelve(work, value):
    with concurrent.futures.ProcessPoolExecutor(max_workers=1) as pool:  # expect: LP011
        return pool.submit(work, value).result()


async def thirteen(request, work):
    pool = concurrent.futures.ThreadPoolExecutor()  # expect: LP011
    answer = await asyncio.get_running_loop().run_in_executor(pool, work, request)
    pool.shutdown(wait=False)
    return answer


def fourteen(queue, work):
    while queue:
        pool = ThreadPoolExecutor()  # expect: LP011
        pool.submit(work, queue.pop())


def fifteen(work):
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="x") as pool:  # expect: LP011
        done = pool.submit(work)
    return done.result()


def sixteen(work, pair):
    with multiprocessing.Pool() as pool:  # expect: LP011
        return pool.apply_async(work, pair).get()


def seventeen(work):
    try:
        with ThreadPoolExecutor() as pool:  # expect: LP011
            return pool.submit(work).result()
    except TimeoutError:
        return None


def eighteen(work):
    with ThreadPoolExecutor() as pool:  # expect: LP011
        future = pool.submit(lambda: asyncio.run(work()))
        return future.result()


def nineteen(one_call):
    def inner(work):
        with ThreadPoolExecutor() as pool:  # expect: LP011
            return pool.submit(work).result()

    return inner(one_call)


def miss_batch(items, work):
    with ThreadPoolExecutor() as pool:
        return list(pool.map(work, items))


def miss_submit_loop(items, work):
    with ThreadPoolExecutor() as pool:
        futures = [pool.submit(work, item) for item in items]
    return [future.result() for future in futures]


def miss_for_loop(items, work):
    with ThreadPoolExecutor(max_workers=5) as executor:
        for item in items:
            executor.submit(work, item)


def miss_futures(items, work):
    with ThreadPoolExecutor() as pool:
        waiting = {pool.submit(work, item): item for item in items}
        for future in concurrent.futures.as_completed(waiting):
            print(future.result())


def miss_two(work, other):
    with ThreadPoolExecutor() as pool:
        first, second = pool.submit(work), pool.submit(other)
        return first.result(), second.result()


def miss_shared(work):
    return shared.submit(work).result()


class Kept:
    def __init__(self):
        self.pool = ThreadPoolExecutor(max_workers=2)

    def use(self, work):
        return self.pool.submit(work)

    def lazily(self):
        if self._pool is None:
            self._pool = ThreadPoolExecutor()
        return self._pool


def miss_returned():
    return ThreadPoolExecutor()


@lru_cache
def miss_cached():
    pool = ThreadPoolExecutor()
    return pool


def get_executor():
    executor = ThreadPoolExecutor()
    return executor


def main():
    with ThreadPoolExecutor() as pool:
        pool.submit(print).result()


async def lifespan(app):
    pool = ThreadPoolExecutor()
    app.pool = pool
    yield
    pool.shutdown()


def miss_stored(pools, name):
    pools[name] = ThreadPoolExecutor()


def miss_dictionary(pools, name):
    pool = ThreadPoolExecutor()
    pools[name] = pool


def miss_pool_map(items, work):
    with multiprocessing.Pool() as pool:
        return pool.map(work, items)


def miss_starmap(items, work):
    with multiprocessing.Pool() as pool:
        return pool.starmap(work, items)


async def miss_gather(items, work):
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor() as pool:
        return await asyncio.gather(*(loop.run_in_executor(pool, work, item) for item in items))


async def miss_default(work):
    return await asyncio.get_running_loop().run_in_executor(None, work)


async def miss_thread(work):
    return await asyncio.to_thread(work)


def miss_given(pool, work):
    return pool.submit(work)


def miss_wrapped():
    return Server(executor=ThreadPoolExecutor())


def miss_handed_on(server):
    pool = ThreadPoolExecutor()
    return Server(pool)


def miss_global():
    global everyone
    everyone = ThreadPoolExecutor()


def miss_suppressed(work):
    with ThreadPoolExecutor() as pool:  # noqa: LP011
        return pool.submit(work).result()
