"""What databases spell differently: a few fragments, written `@name(arguments)` in the query files.

Every dialect has the same names with the same meaning:

- `@quantile(value, share)`: the value at that share of the sorted non-null values, interpolated between neighbours
  (rank `share * (n - 1)`), rounded down to a whole number; null without values.
- `@in_list(value, $list)`: whether the value is in a bound list of texts, which may be empty.
- `@in_numbers(value, $list)`: whether the value is in a bound list of whole numbers, which has at least one.
- `@json_field(json, key)`: the field of that name of a JSON object, as text; null when it is absent or null.
- `@contains(text, part)`: whether the text contains the part, letter case ignored.
- `@id_has_part(column, part)`: whether this column of ids of `executions` begins or ends with the part,
  letter by letter.
- `@packed(bucket, weight)`: the rows of a group whose bucket is known as a text of `bucket:weight` pairs, as
  `longpole.model.histogram` reads it, in any order.
- `@remainder(value, power)`: what is left of a whole number from 0 on, divided by a power of two.
- `@joined(text)`: the texts of a group, separated by spaces.
- `@carrying()`, `@matching()`, `@chosen()`: the filters of the list of executions, `list_filters` has them.
- `@in_scope(alias)`, `@in_scope_of_any_agent(alias)`: the time range and the filters that most questions have, `scope`.
- `@failed(table)`: the rows of `executions` or `steps` that failed, ran out of time or crashed; needs a name behind it.
"""

from collections.abc import Mapping

from longpole.store.dialects.clickhouse import CLICKHOUSE
from longpole.store.dialects.duckdb import DUCKDB
from longpole.store.dialects.fragments import Fragments
from longpole.store.dialects.postgres import POSTGRES

DIALECTS: Mapping[str, Fragments] = {"duckdb": DUCKDB, "postgres": POSTGRES, "clickhouse": CLICKHOUSE}
"""The fragments of every dialect, by the name of its database."""
