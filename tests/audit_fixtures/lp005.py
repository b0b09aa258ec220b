"""LP005: one message per item."""


async def one(websocket, urls):
    for url in urls:
        await websocket.send_json({"added": url})  # expect: LP005


async def two(ws, rows):
    for row in rows:
        await ws.send_text(str(row))  # expect: LP005


async def three(sio, files):
    for file in files:
        await sio.emit("file", {"name": file})  # expect: LP005


async def four(self, items):
    for item in items:
        await self.notify(item)  # expect: LP005


async def five(event_bus, results):
    for result in results:
        await event_bus.publish("result", result)  # expect: LP005


async def six(stream_output, websocket, urls):
    for url in urls:
        await stream_output("logs", "added", url, websocket)  # expect: LP005


async def seven(manager, steps, user):
    for step in steps:
        await manager.send_progress(user, step.name)  # expect: LP005


async def eight(notifier, documents):
    for document in documents:
        index = document.index()
        await notifier.send_update(index)  # expect: LP005


async def nine(self, chunks_done):
    for number, part in enumerate(self.parts):
        await self.websocket.send_json({"number": number, "part": part})  # expect: LP005


async def ten(hub, changes):
    for name, value in changes.items():
        await hub.broadcast({name: value})  # expect: LP005


async def eleven(socket, lines):
    for line in lines:
        if line.strip():
            await socket.send(line)  # expect: LP005


async def twelve(report_progress, tasks):
    for done, task in enumerate(tasks):
        task.run()
        await report_progress(done)  # expect: LP005


async def thirteen(ws, nodes):
    for node in nodes:
        try:
            node.check()
            await ws.send_json(node.state)  # expect: LP005
        except ValueError:
            node.reset()


async def fourteen(self, memories):
    for memory in memories:
        self.store[memory.id] = memory
        await self.notify_changed(memory.id)  # expect: LP005


async def fifteen(websocket, agents):
    for agent in agents:
        answer = await agent.run()
        await websocket.send_json({"agent": agent.name, "answer": answer})  # expect: LP005


async def sixteen(channel, scores):
    for score in sorted(scores):
        await channel.emit_event("score", score)  # expect: LP005


async def seventeen(ui, findings):
    for finding in findings:
        await ui.send_status(f"found {finding}")  # expect: LP005


async def eighteen(bus, records):
    for record in records:
        await bus.publish_event(record)  # expect: LP005


def nineteen(socketio_ws, rows, ws):
    for row in rows:
        ws.send(row)  # expect: LP005


async def twenty(self, users_changed):
    for change in users_changed:
        await self.push_update(change)  # expect: LP005


async def twenty_one(on_progress, names_left):
    for left in names_left:
        await on_progress(left)  # expect: LP005


async def miss_after(websocket, urls):
    added = []
    for url in urls:
        added.append(url)
    await websocket.send_json({"added": added})


async def miss_stream(websocket, stream):
    async for token in stream:
        await websocket.send_text(token)


async def miss_sync_stream(websocket, stream):
    for token in stream:
        await websocket.send_text(token)


async def miss_conversation(websocket, bot):
    while True:
        question = await websocket.receive_text()
        await websocket.send_text(await bot.answer(question))


async def miss_listeners(connections, message):
    for connection in connections:
        await connection.send_json(message)


async def miss_each_socket(sockets, message):
    for ws in sockets:
        await ws.send_text(message)


async def miss_recipients(self, delegates):
    for topic, task in delegates:
        await self.publish_message(task, topic_id=topic)


async def miss_batches(websocket, batches):
    for batch in batches:
        await websocket.send_json(batch)


async def miss_chunks(websocket, blob):
    for chunk in split_in_chunks(blob):
        await websocket.send_bytes(chunk)


async def miss_every_nth(websocket, rows):
    for number, row in enumerate(rows):
        row.work()
        if number % 100 == 0:
            await websocket.send_json({"done": number})


async def miss_error(websocket, rows):
    for row in rows:
        try:
            row.work()
        except ValueError as error:
            await websocket.send_json({"error": str(error), "row": row.id})


async def miss_first(websocket, rows):
    for row in rows:
        if row.fits:
            await websocket.send_json(row.value)
            break


async def miss_fallback(notify, models):
    for model in models:
        await notify(model)
        if answer := model.ask():
            return answer
    return None


async def miss_queue(queue, jobs):
    for job in jobs:
        await queue.put(job)


async def miss_mail(mailer, people):
    for person in people:
        await mailer.send_mail(person)


async def miss_tasks(broker, tasks):
    for task in tasks:
        await broker.publish(task)


async def miss_http(client, urls):
    for url in urls:
        await client.post(url)


def miss_append(rows):
    out = []
    for row in rows:
        out.append(row)
    return out


def miss_generator(gen):
    for value in gen:
        gen.send(value)


def miss_predicate(tools):
    for tool in tools:
        if tool.emits_events(tool):
            yield tool


async def miss_once(websocket, row):
    await websocket.send_json(row)


async def miss_heartbeat(websocket, timer):
    while timer.running:
        await websocket.send_json({"alive": True})


async def miss_attempts(ws, attempts):
    for attempt in attempts:
        await ws.send_json({"attempt": attempt})


async def miss_suppressed(websocket, urls):
    for url in urls:
        await websocket.send_json({"added": url})  # noqa: LP005
