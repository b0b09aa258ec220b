"""`longpole sessions` in a terminal."""

from io import StringIO

from rich.console import Console, RenderableType

from longpole.cli.sessions import draw_session, draw_sessions
from longpole.reports.sessions import read_sessions_filters, session_of, sessions_of
from longpole.store.store import open_store
from stored_executions import MONDAY_NS, SECOND, Made


def drawn(what: RenderableType) -> str:
    console = Console(width=160, file=StringIO())
    with console.capture() as captured:
        console.print(what)
    return captured.get().replace("\u202f", " ")


def test_sessions_and_their_turns_are_drawn_with_the_users_time_apart() -> None:
    made = Made()
    for after_s, status in ((0, "success"), (65, "failed")):
        made.execution(
            MONDAY_NS + after_s * SECOND, duration_ns=5 * SECOND, session_id="ann", user_id="u-1", status=status,
            given='{"question": "And now?"}', input_tokens=40, output_tokens=2, model_calls=1,
        )  # fmt: skip
    store = open_store(":memory:")
    store.write(made.batch)

    listed = drawn(draw_sessions(sessions_of(store, read_sessions_filters([]))))
    one = drawn(draw_session(session_of(store, "ann")))
    none = drawn(draw_sessions(sessions_of(store, read_sessions_filters([("user", "nobody")]))))

    assert all(text in listed for text in ("ann", "u-1", "10.0 s", "60.0 s", "84", "unknown"))
    assert one.startswith("ann: 2 turns in 70.0 s, of which agents worked 10.0 s and the user took 60.0 s.")
    assert all(text in one for text in ("And now?", "failed", "60.0 s"))
    assert none == "No execution in this time says to which session it belongs.\n"
    store.close()
