"""Every error that Longpole raises on purpose.

    LongpoleError
    ├── SettingsError (ValueError)      a setting has a wrong name or value
    ├── InvalidInput (ValueError)       a body, span, filter or argument cannot be taken as it is
    │   ├── BodyTooLarge                a request is over the size limit
    │   ├── UnsupportedMedia            content type or encoding is not one that we read
    │   ├── UnknownLibrary (LookupError) a library that instrument() does not know
    │   └── UnknownQuery (LookupError)  a named query does not exist
    ├── MissingPackage (ImportError)    a package is not installed; the message says how to get it
    ├── NotFound (LookupError)          no execution, step or agent has this id
    ├── StoreError                      the store cannot do what was asked
    │   ├── StoreLocked                 another process holds the database
    │   └── StoreTooNew                 the database was made by a newer Longpole
    ├── SpoolFull                       the spool holds as much as it may; wait until some of it is stored
    │   └── SpoolUnwritable             the disk does not take what is written to the spool
    ├── ServerUnreachable (OSError)     no Longpole server answers where one was expected
    ├── KeyRefused (PermissionError)    the server asks for another key than was shown, or for one at all
    ├── RemedyFull (BufferError)        a remedy holds as much as it may, and was asked to say so
    ├── BudgetExceeded                  a budget is used up, and the program asked to be stopped by that
    ├── NotReplayable                   nothing of an execution was kept that a replay could give back
    ├── ReplayDiverged                  a replay asks for what was not recorded
    └── RefusedToServe                  serving as asked would be unsafe

A message has three parts: what happened (with the value), what was expected, what to do now.
"""


class LongpoleError(Exception):
    """The base of all of them; catching it catches nothing else."""


class SettingsError(LongpoleError, ValueError):
    """A setting has an unknown name or a value out of its range."""


class InvalidInput(LongpoleError, ValueError):
    """Input that cannot be taken as it is. The rest of the request is not lost, unless the message says so."""


class BodyTooLarge(InvalidInput):
    """A request body is over the limit, before or after decompression."""


class UnsupportedMedia(InvalidInput):
    """The content type or the content encoding is not one that Longpole reads."""


class UnknownQuery(InvalidInput, LookupError):
    """There is no query of this name in `store/queries`."""


class UnknownLibrary(InvalidInput, LookupError):
    """`longpole.instrument` does not know a library of this name."""


class MissingPackage(LongpoleError, ImportError):
    """A package that this needs is not installed here."""


class NotFound(LongpoleError, LookupError):
    """No execution, step or agent has this id in this workspace."""


class StoreError(LongpoleError):
    """The store cannot do what was asked."""


class StoreLocked(StoreError):
    """Another process holds the database file."""


class StoreTooNew(StoreError):
    """The database was made by a newer Longpole than this one."""


class SpoolFull(LongpoleError):
    """The spool cannot take another body now; the sender should wait and try again."""


class SpoolUnwritable(SpoolFull):
    """The disk does not take what is written to the spool, or the spool is closed; the sender may try again."""


class ServerUnreachable(LongpoleError, OSError):
    """No Longpole server answers at the given address."""


class KeyRefused(LongpoleError, PermissionError):
    """The server asks for a key: none was shown, or one that does not open what was asked."""


class RefusedToServe(LongpoleError):
    """Serving as asked would expose data; the message says what to change."""


class NotReplayable(LongpoleError):
    """Nothing of an execution was kept that a replay could give back; the message says how to record it."""


class ReplayDiverged(LongpoleError):
    """A program that runs against a recording asks for what was not recorded; the message shows the difference."""


class RemedyFull(LongpoleError, BufferError):
    """A remedy of `longpole.remedies` holds as much as it may; the message says what to do. Nothing it held is lost."""


class BudgetExceeded(LongpoleError):
    """A budget is used up. Raised only in programs that chose `configure(on_budget="raise")`.

    `title` is the name of the rule, `until_ns` when its period ends, in nanoseconds since 1970.
    """

    def __init__(self, message: str, *, title: str = "", until_ns: int = 0) -> None:
        super().__init__(message)
        self.title = title
        self.until_ns = until_ns
