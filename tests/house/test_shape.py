"""Lengths, names and places of imports, as `docs/decisions` and the house style promise."""

import ast
import io
import tokenize
from pathlib import Path

from house.checkout import PROGRAMS, ROOT, functions, python_files, short, syntax, tracked_files

LONGEST_FUNCTION = 60
LONGEST_FILE = 500
REFUSED_NAMES = {"utils", "helpers", "common", "misc", "manager", "base", "data", "info", "v2", "new"}
# An import inside a function needs a reason: an optional package in its one place, or a start that must stay quick.
IMPORTS_INSIDE_FUNCTIONS = {
    "src/longpole/__init__.py": "HTTP and SQLite are 40 ms that only a program which configures should pay",
    "src/longpole/client/in_process.py": "a store without a server needs DuckDB, which the command line alone has not",
    "src/longpole/client/audit_book.py": "findings of a store without a server need DuckDB and protobuf",
    "src/longpole/client/letter_box.py": "what is tried again without a server needs DuckDB and protobuf",
    "src/longpole/client/key_book.py": "keys of a store without a server need DuckDB",
    "src/longpole/client/price_book.py": "prices of a store without a server need DuckDB, protobuf and genai-prices",
    "src/longpole/client/store_care.py": "a store without a server needs DuckDB, which the command line alone has not",
    "src/longpole/client/imports.py": "an import without a server needs DuckDB and protobuf",
    "src/longpole/client/store_move.py": "a store without a server needs DuckDB, which the command line alone has not",
    "src/longpole/cli/alert_door.py": "alerts of a store without a server need DuckDB and protobuf",
    "src/longpole/alerting/deliver.py": "apprise and its hundred plugins are 0.4 s that only a message is worth",
    "src/longpole/settings.py": "PyYAML is read only when a longpole.yaml exists, and it is not in the base install",
    "src/longpole/ingest/assemble.py": "genai-prices is not in the base install, where tests count what agents use",
    "src/longpole/ingest/reported_usage.py": "genai-prices, as above",
    "src/longpole/testing/spent.py": "genai-prices, as above",
    "src/longpole/record/process_memory.py": "psutil is optional, and 10 ms that only those pay who track memory",
    "src/longpole/record/runtime_switch.py": "only programs that watch their process pay for loading what does",
    "src/longpole/testing/targets.py": "PyYAML is not in the base install; without it the error says how to get it",
    "src/longpole/reports/change_questions.py": "numpy comes with longpole[server] only; who asks a server has it not",
    "src/longpole/reports/input_patterns.py": "numpy, as above",
    "src/longpole/reports/differences.py": "numpy, as above",
    "src/longpole/record/instrument/langchain.py": "LangChain is the program's, if it has it",
    "src/longpole/record/instrument/openai_agents.py": "the OpenAI Agents SDK is the program's, if it has it",
    "src/longpole/record/instrument/pydantic_ai.py": "Pydantic AI is the program's, if it has it",
    "src/longpole/record/at_start/sitecustomize.py": "the Python that `longpole run` starts need not have Longpole",
    "src/longpole/store/store.py": "what speaks to PostgreSQL and ClickHouse is an extra each",
    "src/longpole/cli/main.py": "typer and rich are an extra; without them the command says how to get them",
    "src/longpole/server/serve.py": "what speaks to Redis is an extra",
    "src/longpole/cli/watch.py": "textual is half a second to load, which other commands need not wait for",
    "src/longpole/client/checks_of_data.py": "the schema of a store without a server needs DuckDB",
    "src/longpole/cli/mcp.py": "the protocol's SDK is an extra, and half a second to load",
    "src/longpole/server/mcp_door.py": "the same; a server pays for it when the first model asks",
    "src/longpole/cli/serve.py": "the server's packages are an extra that other commands do not need",
}


def code_lines(path: Path) -> int:
    """Lines that hold code: neither blank, nor only a comment, nor inside a docstring."""
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        if token.type not in skipped:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def test_no_function_is_longer_than_a_screen():
    long = [
        f"{short(path)}:{function.lineno} {function.name}: {length} lines"
        for path in python_files(*PROGRAMS, "tests")
        for function in functions(path)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    ]
    assert long == []


def test_no_file_is_longer_than_five_hundred_lines_of_code():
    long = [
        f"{short(path)}: {length}"
        for path in python_files(*PROGRAMS, "tests")
        if (length := code_lines(path)) > LONGEST_FILE
    ]
    assert long == []


def test_no_file_or_folder_is_a_drawer():
    def names(path: Path) -> set[str]:
        parts = path.relative_to(ROOT).parts
        return {part.split(".")[0].removeprefix("test_").lower() for part in parts}

    assert [short(path) for path in tracked_files() if names(path) & REFUSED_NAMES] == []


def test_imports_stand_at_the_top_unless_there_is_a_reason():
    found = {
        f"{short(path)}:{node.lineno}"
        for path in python_files("src")
        if short(path) not in IMPORTS_INSIDE_FUNCTIONS
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert found == set()


def test_every_reason_for_an_inner_import_is_still_needed():
    idle = [
        name
        for name in IMPORTS_INSIDE_FUNCTIONS
        if (ROOT / name).exists()
        and not any(
            isinstance(node, ast.Import | ast.ImportFrom)
            for function in functions(ROOT / name)
            for node in ast.walk(function)
        )
    ]
    assert idle == []


def test_only_settings_reads_the_environment():
    readers = {
        f"{short(path)}:{node.lineno}"
        for path in python_files("src")
        if path.name != "settings.py"
        for node in ast.walk(syntax(path))
        if reads_environment(node)
    }
    assert readers == set()


def reads_environment(node: ast.AST) -> bool:
    """Whether this node names `os.environ`, `os.getenv` or an import of them."""
    names = {"environ", "environb", "getenv", "getenvb"}
    if isinstance(node, ast.Attribute):
        return node.attr in names and isinstance(node.value, ast.Name) and node.value.id == "os"
    return isinstance(node, ast.ImportFrom) and node.module == "os" and any(name.name in names for name in node.names)
