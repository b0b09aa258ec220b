"""What is not in the reference does not exist for a user: commands, settings and errors are all there."""

import pytest
from msgspec import Struct
from msgspec.structs import fields

from generate_docs import PAGES, REFERENCE
from generated_pages import cli_page, errors_page
from longpole import settings


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_says_what_the_code_says(page: str):
    assert (REFERENCE / page).read_text() == PAGES[page](), "run `make docs`"


def test_every_command_has_a_section_and_a_sentence():
    page = (REFERENCE / "cli.md").read_text()
    assert [name for name, _ in cli_page.commands() if f"## {name}\n" not in page] == []
    assert [name for name, command in cli_page.commands() if not command.help] == []


def test_every_error_has_a_section_and_a_place_in_the_tree():
    page = (REFERENCE / "errors.md").read_text()
    tree = page.split("```")[1]
    for error in errors_page.error_classes():
        assert f"## {error.__name__}\n" in page
        assert error.__name__ in tree, f"draw {error.__name__} into the tree at the top of model/errors.py"


def setting_names(struct: type[Struct]) -> set[str]:
    """The names of all fields, those of nested structs included."""
    names: set[str] = set()
    for field in fields(struct):
        names.add(field.encode_name)
        if isinstance(field.type, type) and issubclass(field.type, Struct):
            names |= setting_names(field.type)
    return names


def test_every_setting_is_explained():
    page = (REFERENCE / "settings.md").read_text()
    assert [name for name in sorted(setting_names(settings.Settings)) if name not in page] == []
