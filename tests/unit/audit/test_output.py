"""What other programs get of an audit: JSON, SARIF, annotations, and the file of what is known."""

from pathlib import Path

import msgspec
import pytest

from longpole.audit import AuditResult, Selection, audit_paths
from longpole.audit.baseline import without_known, write_baseline
from longpole.audit.output import as_github, as_json, as_sarif
from longpole.model.errors import InvalidInput

TEXT = "import time\n\n\nasync def work():\n    time.sleep(1)\n\n\nasync def more():\n    time.sleep(2)\n"


@pytest.fixture
def result(tmp_path: Path) -> AuditResult:
    (tmp_path / "a b.py").write_text(TEXT)
    (tmp_path / "bad.py").write_text("(")
    return audit_paths([tmp_path], selection=Selection(ruff=False))


def test_json_gives_back_the_whole_result(result: AuditResult) -> None:
    assert msgspec.json.decode(as_json(result), type=AuditResult) == result


def test_sarif_has_what_the_schema_asks_for(result: AuditResult) -> None:
    log = msgspec.json.decode(as_sarif(result))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "longpole"
    assert [rule["id"] for rule in rules] == ["LP002"]
    assert all(rule["shortDescription"]["text"] and rule["help"]["text"] for rule in rules)
    assert len(run["results"]) == 2
    for one in run["results"]:
        assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
        assert one["message"]["text"]
        assert one["level"] in ("none", "note", "warning", "error")
        place = one["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "a%20b.py"
        assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
        assert place["region"]["startLine"] >= 1
        assert place["region"]["startColumn"] >= 1
        assert one["partialFingerprints"]
    assert run["invocations"][0]["executionSuccessful"] is True
    assert "bad.py" in str(run["invocations"][0]["toolExecutionNotifications"])
    assert run["originalUriBaseIds"]["ROOT"]["uri"].endswith("/")


def test_github_gets_one_escaped_line_for_each_finding(result: AuditResult) -> None:
    lines = as_github(result, Path(result.root)).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("::warning file=a b.py,line=5,endLine=5,col=5,title=LP002 Blocks the event loop::")
    assert lines[2].startswith("::warning file=bad.py::skipped")


def test_what_a_baseline_knows_is_not_told_again(result: AuditResult, tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    write_baseline(known, result.findings[:1])
    fresh, gone = without_known(result, known)
    assert fresh.findings == result.findings[1:]
    assert gone == 0
    write_baseline(known, result.findings)
    mended, gone = without_known(msgspec.structs.replace(result, findings=()), known)
    assert (mended.findings, gone) == ((), 2)


@pytest.mark.parametrize("text", ["", "[]", '{"findings": 3}'])
def test_a_file_that_is_no_baseline_is_refused(result: AuditResult, tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InvalidInput, match="--write-baseline"):
        without_known(result, tmp_path / "x.json")
