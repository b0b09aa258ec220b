"""Files are found, skipped by name, silenced by comments and settings, whatever the number of processes."""

from pathlib import Path

import pytest

from longpole.audit import Selection, audit_paths, load_selection
from longpole.audit.scan import module_name
from longpole.model.audit_finding import AuditFinding
from longpole.model.errors import NotFound, SettingsError
from longpole.model.finding import Confidence

ROOT = Path(__file__).resolve().parents[3]
BLOCKS = "import time\n\n\nasync def work():\n    time.sleep(1)\n"
OWN = Selection(ruff=False)


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def places(findings: tuple[AuditFinding, ...]) -> list[tuple[str, int, str]]:
    return [(one.path, one.line, one.rule) for one in findings]


def test_a_file_that_does_not_parse_is_named_and_the_others_are_audited(tmp_path: Path) -> None:
    write(tmp_path, {"good.py": BLOCKS, "bad.py": "def broken(:\n", "zero.py": "a = '\0'\n"})
    (tmp_path / "latin.py").write_bytes(b"# caf\xe9\n")
    result = audit_paths([tmp_path], selection=OWN)
    assert places(result.findings) == [("good.py", 5, "LP002")]
    assert {one.path for one in result.skipped} == {"bad.py", "zero.py", "latin.py"}
    assert next(one.reason for one in result.skipped if one.path == "bad.py").startswith("line 1: ")


def test_several_processes_find_what_one_finds(tmp_path: Path) -> None:
    files = {f"pack/file_{number}.py": BLOCKS for number in range(20)}
    helper = {"pack/__init__.py": "", "pack/helper.py": "import time\n\n\ndef nap():\n    time.sleep(1)\n"}
    caller = {"pack/caller.py": "from pack.helper import nap\n\n\nasync def work():\n    nap()\n"}
    write(tmp_path, files | helper | caller | {"bad.py": "("})
    seen: list[tuple[int, int]] = []
    alone = audit_paths([tmp_path], selection=OWN, processes=1)
    together = audit_paths(
        [tmp_path], selection=OWN, processes=2, on_progress=lambda done, all_: seen.append((done, all_))
    )
    assert together == alone
    assert ("pack/caller.py", 5, "LP003") in places(together.findings)
    assert seen[-1] == (24, 24)


def test_a_fingerprint_stays_while_lines_move_and_tells_twins_apart(tmp_path: Path) -> None:
    twice = BLOCKS + "    time.sleep(1)\n"
    before = audit_paths([write(tmp_path, {"a.py": twice})], selection=OWN).findings
    after = audit_paths([write(tmp_path, {"a.py": "# moved\n\n" + twice})], selection=OWN).findings
    assert [one.fingerprint for one in before] == [one.fingerprint for one in after]
    assert len({one.fingerprint for one in before}) == 2
    assert after[0].line == before[0].line + 2


@pytest.mark.parametrize(
    "comment", ["# noqa", "# noqa: LP002", "# noqa:LP002,LP001", "# NOQA: E501, LP002 on purpose", "# noqa: ASYNC251"]
)
def test_a_comment_silences_its_line(tmp_path: Path, comment: str) -> None:
    write(tmp_path, {"a.py": BLOCKS.replace("sleep(1)", f"sleep(1)  {comment}")})
    assert audit_paths([tmp_path]).findings == ()


@pytest.mark.parametrize("comment", ["# noqa: LP001", "# no qa", "# a noqa-like word: LP002"])
def test_another_comment_does_not(tmp_path: Path, comment: str) -> None:
    write(tmp_path, {"a.py": BLOCKS.replace("sleep(1)", f"sleep(1)  {comment}")})
    assert len(audit_paths([tmp_path], selection=OWN).findings) == 1


def test_text_that_looks_like_a_comment_silences_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BLOCKS.replace("sleep(1)", 'sleep(len("# noqa"))')})
    assert len(audit_paths([tmp_path], selection=OWN).findings) == 1


def test_a_file_can_be_silenced_as_a_whole(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "# longpole: noqa: LP002\n" + BLOCKS, "b.py": "# longpole: noqa\n" + BLOCKS})
    assert audit_paths([tmp_path]).findings == ()


def test_pyproject_is_read_as_ruff_reads_its_own_table(tmp_path: Path) -> None:
    table = """
[tool.longpole.audit]
select = ["LP00"]
ignore = ["LP001"]
extend-exclude = ["generated"]
min-confidence = "high"
ruff = false

[tool.longpole.audit.per-file-ignores]
"scripts/*" = ["LP002"]
"""
    write(tmp_path, {"pyproject.toml": table, "a.py": BLOCKS, "scripts/b.py": BLOCKS, "generated/c.py": BLOCKS})
    assert places(audit_paths([tmp_path]).findings) == [("a.py", 5, "LP002")]
    chosen = load_selection(tmp_path / "scripts", extend_select=["LP010"])
    assert chosen.codes() == ["LP002", "LP003", "LP004", "LP005", "LP006", "LP007", "LP008", "LP009", "LP010"]
    assert chosen.min_confidence is Confidence.HIGH


@pytest.mark.parametrize(
    "line", ['select = ["LP9"]', 'selekt = ["LP001"]', 'min-confidence = "sure"', "select = 3", 'ignore = ["E501"]']
)
def test_a_wrong_setting_is_refused_with_what_is_known(tmp_path: Path, line: str) -> None:
    write(tmp_path, {"pyproject.toml": f"[tool.longpole.audit]\n{line}\n"})
    with pytest.raises(SettingsError, match=r"pyproject\.toml"):
        load_selection(tmp_path)


def test_the_more_exact_code_wins_as_in_ruff() -> None:
    assert Selection(select=("LP001",), ignore=("LP",)).codes() == ["LP001"]
    assert "LP001" not in Selection(select=("ALL",), ignore=("LP001",)).codes()


def test_a_path_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        audit_paths([tmp_path / "nowhere"])


def test_test_code_is_not_told_unless_asked_for_guesses(tmp_path: Path) -> None:
    write(tmp_path, {"tests/test_a.py": BLOCKS})
    assert audit_paths([tmp_path]).findings == ()
    guesses = audit_paths([tmp_path], selection=Selection(min_confidence=Confidence.LOW)).findings
    assert [one.confidence for one in guesses] == [Confidence.LOW]


def test_ruff_adds_what_it_alone_sees_in_our_codes(tmp_path: Path) -> None:
    text = "import httpx\n\n\nasync def work(url):\n    client = httpx.Client()\n    return client.get(url)\n"
    write(tmp_path, {"a.py": text.replace("httpx.Client()", "make()").replace("client.get", "httpx.get")})
    with_ruff = audit_paths([tmp_path], selection=Selection(select=("LP002", "LP007"), min_confidence=Confidence.LOW))
    assert with_ruff.ruff is None
    write(tmp_path, {"b.py": 'import logging\n\n\ndef work(a):\n    logging.info(f"a {a}")\n'})
    found = audit_paths([tmp_path], selection=Selection(select=("LP007",), min_confidence=Confidence.LOW)).findings
    assert [(one.path, one.function, one.reasons) for one in found] == [("b.py", "work", ("ruff reports G004",))]


def test_names_of_modules_follow_packages(tmp_path: Path) -> None:
    write(
        tmp_path, {"src/pack/__init__.py": "", "src/pack/deep/__init__.py": "", "src/pack/deep/a.py": "", "x/b.py": ""}
    )
    assert module_name(tmp_path / "src/pack/deep/a.py", tmp_path) == "pack.deep.a"
    assert module_name(tmp_path / "src/pack/__init__.py", tmp_path) == "pack"
    assert module_name(tmp_path / "x/b.py", tmp_path) == "x.b"


def test_the_planted_faults_of_the_example_are_found() -> None:
    found = {(one.rule, one.function) for one in audit_paths([ROOT / "examples" / "research_team.py"]).findings}
    assert {("LP001", "researcher"), ("LP002", "fact_checker"), ("LP003", "researcher")} <= found


def test_longpole_itself_is_clean() -> None:
    result = audit_paths([ROOT / "src" / "longpole"])
    assert [f"{one.path}:{one.line} {one.rule} {one.message}" for one in result.findings] == []
    assert result.skipped == ()
