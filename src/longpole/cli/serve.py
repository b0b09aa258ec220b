"""`longpole serve`: the server in this process, until it is interrupted."""

from typing import Annotated

import typer

from longpole import settings
from longpole.cli.options import Data
from longpole.model.errors import StoreError


def serve_command(
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. Default: 127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one. Default: 7667")] = None,
    store: Annotated[
        str | None,
        typer.Option(help="Database: a DuckDB file or postgresql://user:password@host/database."),
    ] = None,
    create_admin_key: Annotated[
        bool, typer.Option("--create-admin-key", help="Make a key of the whole server if there is none, and print it.")
    ] = False,
) -> None:
    """Serve: take in OTLP, answer REST, show the dashboard."""
    try:
        from longpole.server.serve import serve  # noqa: PLC0415 - the server's packages come with longpole[server] only
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("longpole"):
            raise
        raise StoreError(
            f"The server cannot start: {error.name} is not installed. Expected the packages of longpole[server]. "
            "Run: pip install 'longpole[server]'."
        ) from None
    serve(settings.load(data_folder=data, host=host, port=port, store=store), creates_admin_key=create_admin_key)
