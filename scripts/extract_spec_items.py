"""Read the five specification documents and print every item that must have a place: `document<TAB>line<TAB>item`.

Items are headings, list and checklist lines, table rows, bold terms, and inside code classes, functions, fields,
columns, indexes, configuration keys, named results, components and the calls that a usage snippet makes. Run it with
the folder of the documents; `docs/reference/spec_items.tsv` keeps its output for the test of `spec_rows.toml`.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

PROSE = re.compile(
    r"^(#{1,6} .+|\s*[-*] .+|\s*\d+\. .+|\*\*.+|✅ .+"
    r"|\|(?!\s*-|\s*Stage \||\s*Status \||\s*Fix Cat|-).+)$"
)
# The copies were decoded once too often: the coloured circles of the audit's headings became letters.
MANGLED = re.compile(r"ðŸ\S*\s*")
CODE = {
    "python": re.compile(
        r"^\s*(?:@dataclass.*"
        r"|(?P<item>class \w+|(?:async )?def \w+"
        r"|\w+: (?:Optional\[|Dict\[|List\[)?(?:str|float|int|Any)\b(?! =)"
        r"|@\w+\(.*\)|@contextmanager))"
        r"|\b(?P<call>ExecutionAnalytics\.\w+|tracker\.\w+|self\.(?:create_tracker|log_event|should_respond))\("
        r"|\b(?:metrics|llm_data|llm_stats|link|stage|ex|result|h|stats)\['(?P<key>\w+)'\]"
        r"|\b(?:execution|log)\.(?P<field>\w+)"
        r"|^\s*#\s+\"(?P<answer>\w+)\":"
        r"|^\s*\"(?P<returned>\w+)\": "
        r"(?:stats|patterns|failures|path_analysis|bottlenecks|\w+_patterns|self\.|\(stats)\b"
        r"| as (?P<column>\w+),?\s*$"
        r"|(?P<event>\"\w+\.\w+\"),"
    ),
    "sql": re.compile(
        r"^\s*(?P<item>CREATE TABLE [\w.]+|INDEX \w+|\w+ (?:UUID|VARCHAR|JSONB|TIMESTAMP|INTEGER|TEXT|DECIMAL)\b)"
        r"|^\s*(?P<call>(?:AVG|COUNT|SUM)\(.*\) as \w+)"
    ),
    "yaml": re.compile(r"^\s*(?P<item>\w+:(?: [\w.]+)?)"),
    "typescript": re.compile(
        r"^\s*(?P<item>(?:export )?(?:interface|function) \w+)"
        r"|<(?P<call>(?!\w+Icon)[A-Z]\w+)"
        r"|title=(?P<key>\".+\")"
        r"|= (?P<field>use\w+)\("
    ),
    "": re.compile(r"^(?P<item>\S.*✅)$"),
}


def items_of(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Line number (from 1) and verbatim text of every item of one document, in order."""
    language: str | None = None
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            language = None if language is not None else line[3:].strip()
            seen.clear()
        elif language is None:
            if PROSE.match(line):
                yield number, MANGLED.sub("", line).replace("â†’", "→").strip()
        else:
            for found in CODE[language].finditer(line):
                text = next((group for group in found.groups() if group), None)
                if text and (text.startswith(("class ", "CREATE ")) or language == "yaml"):
                    seen.clear()
                if text and text not in seen:
                    seen.add(text)
                    yield number, " ".join(text.split())


def main() -> int:
    """Print the items of every document in the folder."""
    for document, path in enumerate(sorted(Path(sys.argv[1]).glob("00*.txt"))):
        for number, item in items_of(path.read_text().splitlines()):
            print(f"{document}\t{number}\t{item}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
