"""LP008: a text that is made for its length."""

import json
import pickle
import sys

import msgspec
import orjson
import yaml


def one(message):
    return len(json.dumps(message))  # expect: LP008


def two(message):
    return len(json.dumps(message).encode())  # expect: LP008


def three(message):
    return len(json.dumps(message).encode("utf-8"))  # expect: LP008


def four(message):
    return sys.getsizeof(json.dumps(message))  # expect: LP008


def five(message):
    return len(pickle.dumps(message))  # expect: LP008


def six(message):
    return len(message.model_dump_json())  # expect: LP008


def seven(message):
    return len(json.dumps(message.model_dump()).encode("utf-8"))  # expect: LP008


def eight(message):
    return len(orjson.dumps(message))  # expect: LP008


def nine(message):
    return len(msgspec.json.encode(message))  # expect: LP008


def ten(messages):
    return sum(len(json.dumps(message)) for message in messages)  # expect: LP008


def eleven(message, limit):
    if len(json.dumps(message)) > limit:  # expect: LP008
        raise ValueError


def twelve(message):
    text = json.dumps(message)
    return len(text)  # expect: LP008


def thirteen(message):
    body = json.dumps(message).encode()
    size = len(body)  # expect: LP008
    return size


def fourteen(self, message):
    self.total += len(json.dumps(message, default=str))  # expect: LP008


def fifteen(message, logger):
    logger.info("size %d", len(json.dumps(message)))  # expect: LP008


def sixteen(message):
    return {"size": len(yaml.dump(message))}  # expect: LP008


def seventeen(queue):
    while queue:
        if len(json.dumps(queue[0])) < 100:  # expect: LP008
            queue.pop()


def eighteen(messages):
    return max(messages, key=lambda message: len(json.dumps(message)))  # expect: LP008


def nineteen(message):
    return len(str(message.model_dump()))  # expect: LP008


def twenty(message):
    return len(message.to_json())  # expect: LP008


def twenty_one(message):
    return sys.getsizeof(pickle.dumps(message, protocol=5))  # expect: LP008


def miss_used(message, socket):
    text = json.dumps(message)
    if len(text) < 100:
        socket.send(text)


def miss_returned(message):
    body = json.dumps(message)
    size = len(body)
    return body, size


def miss_logged(message, logger):
    body = json.dumps(message)
    logger.info(body)
    return len(body)


def miss_length(message):
    return len(message)


def miss_text(message):
    return len(str(message))


def miss_tokens(tokenizer, message):
    return len(tokenizer.encode(json.dumps(message)))


def miss_tokens_of_name(encoding, message):
    return len(encoding.encode(message, disallowed_special=()))


def miss_parsed(text):
    return len(json.loads(text))


def miss_file(path):
    return len(path.read_bytes())


def miss_encoded(text):
    return len(text.encode())


def miss_fields(message):
    return len(message.model_dump())


def miss_constant():
    return len(json.dumps("a"))


def miss_small():
    return len(json.dumps({"a": 1}))


def miss_hash(message):
    return hash(json.dumps(message))


def miss_slice(message):
    return json.dumps(message)[:100]


def miss_split(message):
    return len(json.dumps(message).split("\n"))


def miss_two_lengths(message):
    text = json.dumps(message)
    return len(text), text.count("a")


def miss_attribute(self):
    self.text = json.dumps(self.value)
    return len(self.text)


def miss_changed(message):
    text = json.dumps(message)
    text = text.strip()
    return len(text)


def miss_argument(text):
    return len(text)


def miss_getsizeof(message):
    return sys.getsizeof(message)


def miss_own_len(message, len):
    return len(json.dumps(message))


def miss_written(message, file):
    file.write(json.dumps(message))


def miss_suppressed(message):
    return len(json.dumps(message))  # noqa: LP008
