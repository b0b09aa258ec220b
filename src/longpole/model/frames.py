"""Rows as a data frame of pandas or polars, whichever the program has. Neither is imported before it is asked for."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from longpole.model.errors import MissingPackage

FrameLibrary = Literal["pandas", "polars"]


def frame_of(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], library: FrameLibrary | None = None) -> Any:
    """A data frame with a row for each of `rows`, and with the columns also where there is no row.

    Args:
        rows: values by column.
        columns: all of them, in order.
        library: which one; without it pandas, else polars.

    Raises:
        MissingPackage: it is not installed, or neither of them is.
    """
    wanted = ("pandas", "polars") if library is None else (library,)
    found = next((name for name in wanted if find_spec(name)), None)
    if found is None:
        raise MissingPackage(
            f"No data frame can be made: {' and '.join(wanted)} {'is' if library else 'are'} not installed. Expected "
            f"{' or '.join(wanted)}. Run: pip install {wanted[0]}"
        )
    module: Any = import_module(found)
    if found == "pandas":
        return module.DataFrame(list(rows), columns=list(columns))
    values = {name: [row.get(name) for row in rows] for name in columns}
    return module.DataFrame({name: module.Series(name, each, strict=False) for name, each in values.items()})
