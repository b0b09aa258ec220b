"""LP006: one write per item."""

import sqlite3

from sqlalchemy import insert, text


async def one(repository, rows):
    for row in rows:
        await repository.save(row)  # expect: LP006


async def two(db, rows):
    for row in rows:
        await db.execute("INSERT INTO t VALUES ($1)", row)  # expect: LP006


def three(connection: sqlite3.Connection, rows):
    for row in rows:
        connection.execute("INSERT INTO t VALUES (?)", row)  # expect: LP006


def four(session, rows):
    for row in rows:
        session.add(row)
        session.commit()  # expect: LP006


async def five(collection, documents):
    for document in documents:
        await collection.insert_one(document)  # expect: LP006


def six(collection, documents):
    for document in documents:
        collection.update_one({"_id": document["id"]}, {"$set": document})  # expect: LP006


async def seven(self, states):
    for state in states:
        await self.save_state(state)  # expect: LP006


async def eight(store, items):
    for key, value in items.items():
        await store.set(key, value)  # expect: LP006


async def nine(redis, names):
    for name in names:
        await redis.hset("names", name, 1)  # expect: LP006


def ten(table, items):
    for item in items:
        table.put_item(Item=item)  # expect: LP006


async def eleven(session, values):
    for value in values:
        await session.execute(insert(Notes).values(text=value))  # expect: LP006


async def twelve(session, values):
    for value in values:
        await session.execute(text("UPDATE t SET a = :a"), {"a": value})  # expect: LP006


def thirteen(cursor, rows):
    statement = "DELETE FROM t WHERE id = %s"
    for row in rows:
        cursor.execute(statement, row)  # expect: LP006


def fourteen(people):
    for person in people:
        person.active = True
        person.save()  # expect: LP006


async def fifteen(vector_store, texts):
    for one_text in texts:
        await vector_store.upsert(one_text)  # expect: LP006


async def sixteen(self, messages):
    for message in messages:
        if message.changed:
            await self.repo.update(message)  # expect: LP006


async def seventeen(event_store, events):
    for event in events:
        await event_store.persist_event(event)  # expect: LP006


async def eighteen(db, users):
    for user in users:
        user.seen += 1
        await db.commit()  # expect: LP006


def nineteen(db_session, rows):
    for row in rows:
        db_session.add(row)
        db_session.flush()  # expect: LP006


async def twenty(checkpointer, steps_done):
    for step in steps_done:
        step.close()
        await checkpointer.save(step)  # expect: LP006


async def twenty_one(conn, rows):
    for row in rows:
        await conn.execute(f"INSERT INTO {row.table} VALUES ($1)", row.id)  # expect: LP006


def miss_many(connection, rows):
    connection.executemany("INSERT INTO t VALUES (?)", rows)


def miss_one_commit(session, rows):
    for row in rows:
        session.add(row)
    session.commit()


async def miss_pipeline(pipe, rows):
    for row in rows:
        await pipe.set(row.key, row.value)
    await pipe.execute()


def miss_file(writer, rows):
    for row in rows:
        writer.write(row)


async def miss_batches(db, batches):
    for batch in batches:
        await db.execute("INSERT INTO t SELECT * FROM unnest($1)", batch)


def miss_list(out, rows):
    for row in rows:
        out.insert(0, row)


def miss_dictionary(cache, rows):
    for row in rows:
        cache.update({row.key: row})


def miss_set(seen, rows):
    for row in rows:
        seen.add(row)


async def miss_select(db, ids):
    for one_id in ids:
        await db.execute("SELECT * FROM t WHERE id = $1", one_id)


async def miss_retry(db, row):
    for attempt in range(3):
        await db.commit()


def miss_every_nth(session, rows):
    for number, row in enumerate(rows):
        session.add(row)
        if number % 500 == 0:
            session.commit()


def miss_full_buffer(db, rows):
    buffer = []
    for row in rows:
        buffer.append(row)
        if len(buffer) >= 100:
            db.commit()


async def miss_first(db, rows):
    for row in rows:
        if row.fits:
            await db.save(row)
            break


async def miss_error(db, rows):
    for row in rows:
        try:
            row.work()
        except ValueError:
            await db.save(row)


def miss_image(images):
    for image in images:
        image.save("a.png")


def miss_figures(figures):
    for figure in figures:
        figure.save()


def miss_model_file(trainer, epochs):
    for epoch in range(epochs):
        trainer.save_model(str(epoch))


def miss_statement(table, rows):
    for row in rows:
        yield table.insert().values(row)


async def miss_no_loop(repository, row):
    await repository.save(row)


async def miss_while(queue, db):
    while True:
        await db.save(await queue.get())


async def miss_stream(stream, db):
    async for row in stream:
        await db.save(row)


async def miss_three_names(db):
    for name in ("a", "b", "c"):
        await db.execute("INSERT INTO names VALUES ($1)", name)


def miss_screenshot(self, pages_open):
    for one in pages_open:
        self.save_screenshot(one)


def miss_pages(db, pages):
    for page in pages:
        db.execute("INSERT INTO t SELECT * FROM staged WHERE page = ?", page)


def migrate_rows(db, rows):
    for row in rows:
        db.execute("UPDATE t SET a = 1", row)


def miss_comprehension(rows):
    return [row.update(a=1) for row in rows]


async def miss_suppressed(repository, rows):
    for row in rows:
        await repository.save(row)  # noqa: LP006 a crash may lose one only
