"""Views of a page that people keep: its filters, columns and order under a name."""

import hashlib
from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from longpole.model import clock
from longpole.model.batch import Batch
from longpole.model.errors import InvalidInput, NotFound
from longpole.model.workspace import SavedView
from longpole.store.engine import Engine

MOST_VIEWS = 200
"""So many a workspace keeps."""


class NewView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A view to keep; it takes the place of the one of its page with its title. `search` is the address's query."""

    title: Annotated[str, Meta(min_length=1, max_length=80)]
    page: Annotated[str, Meta(pattern="^[a-z-]{1,40}$")] = "executions"
    search: Annotated[str, Meta(max_length=4000)]
    workspace: str = "default"


class SavedViewItem(Struct, kw_only=True):
    """A view that was kept. `search` is the query part of the page's address, with its question mark."""

    view_id: str
    workspace: str
    page: str
    title: str
    search: str
    changed_at: str


class SavedViewPage(Struct, kw_only=True):
    """All views that were kept, by page and title."""

    items: list[SavedViewItem]


class ViewBook:
    """The kept views of a store. May be used by several threads."""

    def __init__(self, store: Engine, write: Callable[[Batch], None]) -> None:
        self._store = store
        self._write = write

    def views(self, workspace: str | None) -> SavedViewPage:
        """All views of a workspace, or of every one."""
        found = [_item(row) for row in self._stored() if workspace in (None, row.workspace)]
        return SavedViewPage(items=sorted(found, key=lambda one: (one.page, one.title.lower(), one.workspace)))

    def keep(self, new: NewView) -> SavedViewItem:
        """Keep a view.

        Raises:
            InvalidInput: the workspace has as many as it may.
        """
        row = SavedView(
            workspace=new.workspace,
            view_id=hashlib.sha256(f"{new.page} {new.title}".encode()).hexdigest()[:16],
            page=new.page,
            title=new.title,
            view=msgspec.json.encode({"search": new.search}).decode(),
            changed_ns=clock.now_ns(),
        )
        others = [one for one in self._stored() if one.workspace == new.workspace and one.view_id != row.view_id]
        if len(others) >= MOST_VIEWS:
            raise InvalidInput(
                f"The workspace keeps {len(others)} views already. Expected at most {MOST_VIEWS}. Remove one first."
            )
        self._write(Batch(records=[row]))
        return _item(row)

    def remove(self, view_id: str, workspace: str | None) -> SavedViewItem:
        """Forget a view.

        Raises:
            NotFound: there is none of this id.
        """
        found = [one for one in self._stored() if one.view_id == view_id and workspace in (None, one.workspace)]
        if not found:
            raise NotFound(f"There is no view {view_id[:64]!r}. Expected an id of `GET /api/views`. Correct it.")
        if len(found) > 1:
            raise InvalidInput(
                f"Several workspaces have a view {view_id[:64]!r}. Expected one. Name the workspace as well."
            )
        self._write(Batch(removed=[found[0]]))
        return _item(found[0])

    def _stored(self) -> list[SavedView]:
        return [msgspec.convert(row, SavedView) for row in self._store.rows("every_saved_views")]


def _item(row: SavedView) -> SavedViewItem:
    return SavedViewItem(
        view_id=row.view_id,
        workspace=row.workspace,
        page=row.page,
        title=row.title,
        search=str(msgspec.json.decode(row.view, type=dict[str, str]).get("search", "")),
        changed_at=clock.to_rfc3339(row.changed_ns),
    )
