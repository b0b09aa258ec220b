"""What `import longpole` promises."""

import inspect

import longpole

PROMISED = {
    "agent",
    "configure",
    "current_execution",
    "first_token",
    "flush",
    "log_event",
    "set_usage",
    "shutdown",
    "time_step",
    "timing_step",
    "track_decision",
    "track_should_respond",
    "track_stage",
}


def test_every_promised_name_is_exported():
    assert set(longpole.__all__) >= PROMISED


def test_every_exported_name_exists_and_is_listed_in_order_and_once():
    assert [name for name in longpole.__all__ if not hasattr(longpole, name)] == []
    assert len(set(longpole.__all__)) == len(longpole.__all__)


def test_nothing_public_of_ours_is_left_out_of_the_exports():
    ours = {
        name
        for name, value in vars(longpole).items()
        if not name.startswith("_") and callable(value) and str(getattr(value, "__module__", "")).startswith("longpole")
    }
    assert ours - set(longpole.__all__) == set()


def test_every_exported_name_says_what_it_is_for():
    callables = [getattr(longpole, name) for name in longpole.__all__ if callable(getattr(longpole, name))]
    assert [value.__name__ for value in callables if not inspect.getdoc(value)] == []
