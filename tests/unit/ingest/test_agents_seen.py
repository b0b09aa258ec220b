"""An agent exists from the moment that it is seen, not only once it is stored."""

from longpole.ingest.agents_seen import REFRESH_NS, AgentRoll
from longpole.model.event import AgentSeen


def seen(agent: str, at_ns: int) -> AgentSeen:
    return AgentSeen(workspace="default", agent=agent, first_seen_ns=at_ns, last_seen_ns=at_ns)


def test_an_agent_is_shown_once_and_is_still_to_be_stored() -> None:
    roll = AgentRoll()
    roll.register(seen("writer", 1))
    assert [row.agent for row in roll.news()] == ["writer"]
    assert roll.news() == []
    assert [row.agent for row in roll.take()] == ["writer"]
    assert roll.take() == []


def test_what_is_stored_need_not_be_shown_and_comes_again_when_it_says_more() -> None:
    roll = AgentRoll()
    roll.register(seen("writer", 1))
    assert [row.last_seen_ns for row in roll.take()] == [1]
    assert roll.news() == []
    roll.register(seen("writer", 2))
    assert roll.news() == roll.take() == []
    roll.register(seen("writer", 1 + REFRESH_NS))
    assert [row.last_seen_ns for row in roll.news()] == [1 + REFRESH_NS]
    assert [row.last_seen_ns for row in roll.take()] == [1 + REFRESH_NS]
