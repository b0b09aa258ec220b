"""LP001: awaited one after the other. What the functions outside this file do is told by their names only."""

import asyncio
import time

import aiohttp
import httpx

http = httpx.AsyncClient()


async def fetch(url):
    return await http.get(url)


async def one(urls):
    pages = []
    for url in urls:
        pages.append(await fetch(url))  # expect: LP001
    return pages


async def two(urls):
    return [await fetch(url) for url in urls]  # expect: LP001


async def three(urls):
    return {url: await fetch(url) for url in urls}  # expect: LP001


async def four(urls):
    pages = {}
    for url in urls:
        page = await http.get(url)  # expect: LP001
        page.raise_for_status()
        pages[url] = page.text
    return pages


async def five(model, documents):
    summaries = ""
    for document in documents:
        summary = await model.summarize(document)  # expect: LP001
        summaries += summary
    return summaries


async def six(urls, logger):
    found, failed = [], 0
    for url in urls:
        try:
            found.append(await fetch(url))  # expect: LP001
        except OSError:
            failed += 1
            logger.warning("failed %d", failed)
    return found


async def seven(names):
    for name in names:
        if not name:
            continue
        answer = await search_web(name)  # expect: LP001
        print(answer)


async def eight(tool_calls, results):
    for call in tool_calls:
        result = await execute_tool(call)  # expect: LP001
        results[call.id] = result


async def nine(session: aiohttp.ClientSession, urls):
    for url in urls:
        response = await session.get(url)  # expect: LP001
        print(await response.text())


async def ten(city):
    weather = await fetch_weather(city)
    news = await fetch_news(city)  # expect: LP001
    return weather, news


async def eleven(user_id):
    profile = await load_profile(user_id)
    orders = await load_orders(user_id)  # expect: LP001
    reviews = await load_reviews(user_id)
    return profile, orders, reviews


class Researcher:
    def __init__(self):
        self.cache = {}
        self.calls = 0
        self.client = None

    async def look(self, query):
        self.calls += 1
        self.cache[query] = answer = await http.get(query)
        return answer

    async def lazily(self, query):
        if self.client is None:
            self.client = object()
        return await http.get(query)

    async def twelve(self, queries):
        return [await self.look(query) for query in queries]  # expect: LP001

    async def thirteen(self, queries):
        out = []
        for query in queries:
            out.extend(await self.lazily(query))  # expect: LP001
        return out


async def fourteen(urls):
    for url in urls:
        if not url.startswith("http"):
            raise ValueError(url)
        page = await fetch(url)  # expect: LP001
        print(page)


async def fifteen(pairs):
    for question, answer in pairs:
        grade = await grade_answer(question, answer)  # expect: LP001
        question.grade = grade


async def sixteen(retrievers, query):
    nodes = []
    for retriever in retrievers:
        nodes += await retriever.aretrieve(query)  # expect: LP001
    return nodes


async def seventeen(urls, limit):
    found = []
    for url in urls[:limit]:
        text = await asyncio.wait_for(fetch(url), timeout=3)
        found.append(text)
    return found


async def eighteen(files):
    for file in files:
        content = await asyncio.to_thread(file.read_text)  # expect: LP001
        print(len(content))


async def nineteen(agents, question, websocket):
    answers = []
    for agent in agents:
        answer = await agent.ask(question)  # expect: LP001
        answers.append(answer)
        await stream_output("logs", answer, websocket)
    return answers


async def twenty(images):
    captions = set()
    for image in images:
        captions.add(await describe_image(image))  # expect: LP001
    return captions


async def miss_previous(questions):
    answer = ""
    for question in questions:
        answer = await ask_model(question, answer)
    return answer


async def miss_accumulated(questions):
    history = []
    for question in questions:
        history.append(await ask_model(question, history))
    return history


async def miss_read_back(urls):
    seen = set()
    for url in urls:
        if url in seen:
            continue
        seen.update(await fetch_links(url))


async def miss_break(urls):
    for url in urls:
        page = await fetch(url)
        if page:
            break


async def miss_return(urls):
    for url in urls:
        page = await fetch(url)
        if page.ok:
            return page
    return None


async def miss_raise(limits):
    for limit in limits:
        if not await check_limit(limit):
            raise PermissionError


async def miss_raise_later(rules):
    for rule in rules:
        allowed = await check_rule(rule)
        if not allowed:
            raise PermissionError(rule)


async def miss_retry(url):
    for attempt in range(3):
        try:
            page = await fetch(f"{url}?{attempt}")
        except OSError:
            await asyncio.sleep(1)
        else:
            print(page)


async def miss_poll(job):
    while True:
        state = await fetch_state(job)
        if state == "done":
            return state


async def miss_pages(client):
    cursor = None
    for _ in range(10):
        page = await client.list_items(cursor=cursor)
        cursor = page.next


async def miss_paced(urls):
    for url in urls:
        print(await fetch(url))
        await asyncio.sleep(0.5)


async def miss_limited(urls, limiter):
    for url in urls:
        await limiter.acquire()
        print(await fetch(url))


async def miss_lock(urls, lock):
    for url in urls:
        async with lock:
            print(await fetch(url))


async def miss_in_transaction(connection, ids):
    async with connection.transaction():
        for one_id in ids:
            print(await load_row(one_id))


async def miss_session(db_session, ids):
    rows = []
    for one_id in ids:
        rows.append(await db_session.get(one_id))
    return rows


async def miss_session_passed(db, ids):
    return [await load_user(db, one_id) for one_id in ids]


async def miss_websocket(websocket, rows):
    for row in rows:
        await websocket.send_json(row)


async def miss_yield(urls):
    for url in urls:
        yield await fetch(url)


async def miss_async_for(stream):
    async for url in stream:
        print(await fetch(url))


async def miss_timed(agents):
    times = []
    for agent in agents:
        start = time.perf_counter()
        await agent.run("x")
        times.append(time.perf_counter() - start)
    return times


async def miss_together(urls):
    return await asyncio.gather(*(fetch(url) for url in urls))


async def miss_sequential_asked(urls, parallel):
    if parallel:
        return await asyncio.gather(*(fetch(url) for url in urls))
    return [await fetch(url) for url in urls]  # noqa: LP001


async def miss_chosen(urls, run_sequential):
    out = []
    if run_sequential:
        for url in urls:
            out.append(await fetch(url))
    return out


async def miss_needs_first(city):
    place = await find_place(city)
    weather = await fetch_weather(place)
    return weather


async def miss_gate(request):
    user = await check_user(request)
    order = await load_order(request)
    return user, order


async def miss_body(request):
    data = await request.json()
    user = await load_user(request)
    return data, user


async def miss_rows(cursor):
    first = await cursor.fetchone()
    second = await cursor.fetchone()
    return first, second


async def miss_prompt(questions):
    for question in questions:
        print(input(question))
        print(await fetch(question))


async def miss_queue(queue, rows):
    for row in rows:
        await queue.put(row)


async def miss_memory(memories, model_context):
    for memory in memories:
        await memory.update_context(model_context)


async def miss_start(services):
    for service in services:
        await service.start()


async def miss_page(page, urls):
    for url in urls:
        await page.goto(url)
        print(await page.content())


class Writer:
    def __init__(self):
        self.sections = []

    async def write_section(self, topic):
        text = await ask_model(topic, self.sections)
        self.sections.append(text)
        return text

    async def count(self, topic):
        return len(topic)

    async def miss_state(self, topics):
        return [await self.write_section(topic) for topic in topics]

    async def miss_no_wait(self, topics):
        return [await self.count(topic) for topic in topics]


class Repository:
    async def load(self, one_id):
        return await self.db.execute("SELECT 1", one_id)

    async def miss_own_session(self, ids):
        return [await self.load(one_id) for one_id in ids]


async def test_something(urls):
    for url in urls:
        print(await fetch(url))


async def miss_suppressed(urls):
    for url in urls:
        print(await fetch(url))  # noqa: LP001 the service takes one at a time
