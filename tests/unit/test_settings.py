"""Settings: which source wins, what is refused, and that the page tells the truth."""

from pathlib import Path

import pytest

from longpole import settings
from longpole.model.errors import SettingsError

TIMING = """
timing:
  enabled: true
  sampling_rate: 1.0  # Sample all executions initially
  persistence:
    enabled: true
    retention_days: 31
  thresholds:
    slow_operation_ms: 1001
    critical_operation_ms: 5001
  reporting:
    realtime: false
    rollup_interval_minutes: 6
"""


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_an_argument_wins_over_the_environment_that_over_the_file_that_over_the_default(tmp_path: Path) -> None:
    (tmp_path / "longpole.yaml").write_text("port: 1\nhost: file\nservice: file\n")
    found = settings.load(environ={"LONGPOLE_PORT": "2", "LONGPOLE_HOST": "environment"}, port=3)
    assert (found.port, found.host, found.service, found.workspace) == (3, "environment", "file", "default")


def test_the_timing_document_is_accepted_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "longpole.yaml").write_text(TIMING)
    found = settings.load(environ={})
    assert (found.enabled, found.sampling_rate, found.persistence_enabled) == (True, 1.0, True)
    assert (found.retention_days, found.slow_operation_ms, found.critical_operation_ms) == (31, 1001, 5001)
    assert (found.realtime, found.rollup_interval_minutes) == (False, 6)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("timing:\n  sample_rate: 1\n", "timing.sampling_rate"),
        ("timing:\n  reporting:\n    real_time: true\n", "timing.reporting.realtime"),
        ("endpint: http://a\n", "endpoint"),
        ("timming:\n  enabled: true\n", "timing"),
    ],
)
def test_an_unknown_key_in_the_file_is_an_error_that_names_the_nearest(text: str, nearest: str, tmp_path: Path) -> None:
    (tmp_path / "longpole.yaml").write_text(text)
    with pytest.raises(SettingsError, match=f"Did you mean `{nearest}`"):
        settings.load(environ={})


def test_an_unknown_name_elsewhere_is_an_error_too() -> None:
    with pytest.raises(SettingsError, match="Did you mean `LONGPOLE_SAMPLING_RATE`"):
        settings.load(environ={"LONGPOLE_SAMPLING": "1"})
    with pytest.raises(SettingsError, match="Did you mean `workspace`"):
        settings.load(environ={}, work_space="x")


@pytest.mark.parametrize(
    ("name", "value"), [("port", "70000"), ("sampling_rate", "1.5"), ("content", "some"), ("enabled", "perhaps")]
)
def test_a_value_out_of_range_is_an_error_that_names_the_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"`{name}`"):
        settings.load(environ={"LONGPOLE_" + name.upper(): value})


def test_the_environment_may_say_on_and_off() -> None:
    assert settings.load(environ={"LONGPOLE_ENABLED": "off"}).enabled is False
    assert settings.load(environ={"LONGPOLE_REALTIME": "true"}).realtime is True


@pytest.mark.parametrize("text", ["- a\n- b\n", "timing: 3\n", "a: [\n"])
def test_a_file_that_is_no_list_of_settings_is_an_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "longpole.yaml").write_text(text)
    with pytest.raises(SettingsError):
        settings.load(environ={})


def test_a_file_that_was_named_must_be_there() -> None:
    with pytest.raises(SettingsError, match="absent"):
        settings.load(environ={"LONGPOLE_CONFIG": "absent.yaml"})


def test_content_is_hashed_where_nobody_sits_and_nobody_asked() -> None:
    assert settings.content_mode(settings.load(environ={})) == "hashed"
    assert settings.content_mode(settings.load(environ={}, content="full")) == "full"


def test_folders_follow_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert settings.data_folder(settings.load()) == Path("/somewhere/longpole")
    chosen = settings.load(data_folder="/elsewhere")
    assert settings.spool_folder(chosen) == Path("/elsewhere/spool-sdk")
    assert settings.spool_folder(settings.load(spool=Path("/spool"))) == Path("/spool")


def test_a_child_gets_this_environment_and_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLOUR", "red")
    assert settings.child_environment({"SIZE": "1"}) | {"COLOUR": "red", "SIZE": "1"} == settings.child_environment(
        {"SIZE": "1"}
    )


def test_the_reference_page_is_the_struct() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
    assert page.read_text() == settings.reference_page()


def test_a_key_is_shown_neither_by_repr_nor_in_an_error() -> None:
    chosen = settings.load(environ={"LONGPOLE_LANGSMITH_API_KEY": "lsv2_secret"})
    assert chosen.langsmith_api_key == "lsv2_secret"
    assert "lsv2_secret" not in repr(chosen)
    assert "lsv2_secret" not in repr(list(chosen.__rich_repr__()))
    assert "langsmith_api_key=None" in repr(settings.load(environ={}))
    with pytest.raises(SettingsError) as raised:
        settings.load(environ={}, langsmith_api_key=["lsv2_secret"])
    assert "lsv2_secret" not in str(raised.value)
