"""LP012: monitoring that the work waits for, and tasks that nobody keeps."""

import asyncio
from asyncio import create_task


async def one(work):
    asyncio.create_task(work())  # expect: LP012


async def two(work):
    create_task(work())  # expect: LP012


async def three(work):
    asyncio.ensure_future(work())  # expect: LP012


async def four(work):
    loop = asyncio.get_running_loop()
    loop.create_task(work())  # expect: LP012


async def five(items, work):
    for item in items:
        asyncio.create_task(work(item))  # expect: LP012


def six(work):
    asyncio.get_event_loop().create_task(work())  # expect: LP012


async def seven(work):
    if work:
        asyncio.create_task(work(), name="x")  # expect: LP012


async def eight(self, step):
    await self.metrics.record(step)  # expect: LP012


async def nine(monitor, step):
    answer = step.run()
    await monitor.record_async(answer)  # expect: LP012
    return answer


async def ten(self, step):
    await self.telemetry.track_event("step", step)  # expect: LP012


async def eleven(analytics, user):
    await analytics.track(user)  # expect: LP012


async def twelve(self, took):
    await self.performance_monitor.record_timing(took)  # expect: LP012


async def thirteen(statsd, took):
    await statsd.timing("step", took)  # expect: LP012


async def fourteen(self, steps):
    for step in steps:
        step.run()
        await self.metrics_collector.increment("steps")  # expect: LP012


async def fifteen(self, answer):
    await self.record_metrics(answer)  # expect: LP012
    return answer


async def sixteen(self, error):
    await self.send_telemetry(error)  # expect: LP012


async def seventeen(usage_tracker, tokens):
    await usage_tracker.record_usage(tokens)  # expect: LP012


async def eighteen(self, context):
    await self.execution_monitor.report(context)  # expect: LP012


async def nineteen(metrics_client, name):
    await metrics_client.push(name)  # expect: LP012


async def twenty(self, took):
    try:
        self.work()
    finally:
        await self.monitoring_service.log(took)  # expect: LP012


async def twenty_one(self, work):
    asyncio.ensure_future(self.metrics.record(work))  # expect: LP012


async def miss_kept(tasks, work):
    task = asyncio.create_task(work())
    tasks.add(task)


async def miss_attribute(self, work):
    self.task = asyncio.create_task(work())


async def miss_awaited(work):
    await asyncio.create_task(work())


async def miss_returned(work):
    return asyncio.create_task(work())


async def miss_list(items, work):
    tasks = [asyncio.create_task(work(item)) for item in items]
    await asyncio.gather(*tasks)


async def miss_group(work):
    async with asyncio.TaskGroup() as group:
        group.create_task(work())


async def miss_anyio(anyio, work):
    async with anyio.create_task_group() as tg:
        tg.start_soon(work)


async def miss_added(tasks, work):
    tasks.add(asyncio.create_task(work()))


async def miss_appended(tasks, work):
    tasks.append(asyncio.create_task(work()))


async def miss_callback(work, done):
    asyncio.create_task(work()).add_done_callback(done)


async def miss_used(metrics, step):
    total = await metrics.record(step)
    return total


def miss_sync(metrics, step):
    metrics.record(step)


async def miss_sync_in_async(metrics, step):
    metrics.record(step)


async def miss_read(metrics):
    await metrics.load()


async def shutdown(metrics):
    await metrics.send("end")


async def miss_flush(metrics):
    await metrics.flush()


async def record_metrics(self, metrics, step):
    await metrics.record(step)


async def miss_background(monitor, queue):
    while True:
        await monitor.record(await queue.get())


class MetricsCollector:
    async def add(self, step):
        await self.stats.update(step)


async def miss_log_file(log, line):
    await log.write(line)


async def miss_message(websocket, text):
    await websocket.send(text)


async def miss_database(db, row):
    await db.execute("INSERT", row)


async def miss_recorder(recorder, audio):
    await recorder.start(audio)


async def miss_compare(metrics, step):
    if await metrics.record(step):
        return 1
    return 0


async def miss_own_function(create_job, work):
    create_job(work())


async def miss_suppressed(work):
    asyncio.create_task(work())  # noqa: RUF006
