"""Finds in the code of an agent what makes agents slow, without running it: `longpole audit`.

`audit_paths` is the whole of it. `source` reads one file, `names` says what a name in it means, `facts` what a function
does, `rules` hold one fault each, and `scan` goes through the files and joins what they tell about each other.
"""

from longpole.audit.one_file import SkippedFile
from longpole.audit.scan import AuditResult, audit_paths
from longpole.audit.selection import Selection, load_selection

__all__ = ["AuditResult", "Selection", "SkippedFile", "audit_paths", "load_selection"]
