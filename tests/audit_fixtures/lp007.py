"""LP007: serialised for a log line."""

import dataclasses
import json
import logging
import pprint

import structlog

logger = logging.getLogger(__name__)
log = structlog.get_logger()


def one(state):
    logger.debug(f"state: {json.dumps(state)}")  # expect: LP007


def two(state):
    logger.debug("state: %s", json.dumps(state, indent=2))  # expect: LP007


def three(answer):
    logger.info(f"answer {answer.model_dump_json()}")  # expect: LP007


def four(answer):
    logging.debug("answer %s", answer.model_dump())  # expect: LP007


def five(self, answer):
    self.logger.info("answer " + answer.to_json())  # expect: LP007


def six(state):
    log.debug("state", state=dataclasses.asdict(state))  # expect: LP007


def seven(messages):
    logger.info(Event(messages=[one.model_dump() for one in messages]))  # expect: LP007


def eight(state):
    logger.debug("%s", pprint.pformat(state))  # expect: LP007


def nine(state):
    logger.info(f"{json.dumps(state)[:100]}")  # expect: LP007


def ten(state):
    logger.debug(  # expect: LP007
        "state: %s",
        json.dumps(state, default=str),
    )


def miss_guard(state):
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("state: %s", json.dumps(state))


def miss_verbose(self, state):
    if self.verbose:
        logger.info(json.dumps(state))


def miss_warning(state):
    logger.warning("odd: %s", json.dumps(state))


def miss_error(state):
    logger.error(json.dumps(state))


def miss_handler(state):
    try:
        state.run()
    except ValueError:
        logger.info(json.dumps(state.parts))


def miss_response(response):
    logger.info(f"{response.status_code} {response.json()}")


def miss_small(self):
    logger.debug(json.dumps({"model": self.model, "url": self.url}))


def miss_plain(state):
    # low confidence only
    logger.debug(f"state {state}")


def miss_length(state):
    logger.debug("%d", len(state))


def miss_print(state):
    print(json.dumps(state))


def miss_other_object(state, report):
    report.info(json.dumps(state))


def miss_lambda(state):
    logger.debug("%s", Lazy(lambda: json.dumps(state)))


def miss_used(state, send):
    text = json.dumps(state)
    logger.debug("%s", text)
    send(text)


def miss_suppressed(state):
    logger.debug(json.dumps(state))  # noqa: LP007
