"""LP014: several walks where one serves."""


def one(rows):
    return sorted(rows)[0]  # expect: LP014


def two(rows):
    return sorted(rows)[-1]  # expect: LP014


def three(rows):
    return sorted(rows, key=lambda row: row.when)[-1]  # expect: LP014


def four(rows):
    return sorted(rows, key=len, reverse=True)[0]  # expect: LP014


def five(rows):
    latest = sorted(rows, key=lambda row: row["time"], reverse=True)[0]  # expect: LP014
    return latest


def six(rows):
    return sorted((row.score, row.name) for row in rows)[-1][1]  # expect: LP014


def seven(rows, is_open):
    good = [row for row in rows if is_open(row)]
    bad = [row for row in rows if not is_open(row)]  # expect: LP014
    return good, bad


def eight(rows, allowed):
    first = [row for row in rows if allowed.check(row)]
    second = [row.name for row in rows if not allowed.check(row)]  # expect: LP014
    return first, second


def nine(rows):
    total = sum(row.cost for row in rows)  # expect: LP014
    longest = max(row.time for row in rows)
    shortest = min(row.time for row in rows)
    failed = sum(1 for row in rows if row.failed)
    return total, longest, shortest, failed


def ten(self):
    names = [row.name for row in self.rows]  # expect: LP014
    costs = [row.cost for row in self.rows]
    times = [row.time for row in self.rows]
    kinds = {row.kind for row in self.rows}
    return names, costs, times, kinds


def eleven(batches):
    for rows in batches:
        total = sum(row.cost for row in rows)  # expect: LP014
        longest = max(row.time for row in rows)
        failed = sum(1 for row in rows if row.failed)
        print(total, longest, failed)


def twelve(rows):
    total = 0
    for row in rows:  # expect: LP014
        total += row.cost
    names = []
    for row in rows:
        names.append(row.name)
    return total, names


def thirteen(self):
    sizes = {}
    for step in self.steps:  # expect: LP014
        sizes[step.name] = step.size
    for step in self.steps:
        self.done.append(step.name)
    return sizes


def fourteen(records):
    by_kind = {}
    for record in records:  # expect: LP014
        by_kind[record.kind] = record
    for record in records:
        print(record.name)
    return by_kind


def fifteen(rows):
    if rows:
        return sorted(rows)[0]  # expect: LP014
    return None


def sixteen(rows, is_good):
    kept: list = [row for row in rows if is_good(row)]
    dropped: list = [row for row in rows if not is_good(row)]  # expect: LP014
    return kept, dropped


def seventeen(groups):
    while groups:
        rows = groups.pop()
        low = min(row.a for row in rows)  # expect: LP014
        high = max(row.a for row in rows)
        mean = sum(row.a for row in rows) / len(rows)
        print(low, high, mean)


def eighteen(events):
    newest = sorted(events, key=lambda event: event.at)[-1].name  # expect: LP014
    return newest


def nineteen(events):
    starts = [event.start for event in events]  # expect: LP014
    ends = [event.end for event in events]
    sizes = [event.size for event in events]
    owners = [event.owner for event in events]
    marks = [event.mark for event in events]
    return starts, ends, sizes, owners, marks


async def twenty(rows):
    worst = sorted(rows, key=lambda row: row.score)[0]  # expect: LP014
    return worst


def twenty_one(rows):
    seen = set()
    for row in rows:  # expect: LP014
        seen.add(row.id)
    count = 0
    for row in rows:
        count += 1
    return seen, count


def miss_sorted(rows):
    return sorted(rows)


def miss_top_three(rows):
    return sorted(rows)[:3]


def miss_second(rows):
    return sorted(rows)[1]


def miss_middle(rows):
    return sorted(rows)[len(rows) // 2]


def miss_kept_sorted(rows):
    ordered = sorted(rows)
    return ordered[0], ordered[-1]


def miss_two_passes(rows):
    total = sum(row.cost for row in rows)
    longest = max(row.time for row in rows)
    return total, longest


def miss_other_names(rows, others, more):
    a = [row.a for row in rows]
    b = [row.b for row in others]
    c = [row.c for row in more]
    return a, b, c


def miss_other_conditions(rows):
    open_rows = [row for row in rows if row.open]
    old_rows = [row for row in rows if row.old]
    return open_rows, old_rows


def miss_cheap_split(rows):
    # low confidence only: an attribute is read twice
    open_rows = [row for row in rows if row.open]
    closed = [row for row in rows if not row.open]
    return open_rows, closed


def miss_one_filter(rows, check):
    return [row for row in rows if check(row)]


def miss_depends(rows):
    total = 0
    for row in rows:
        total += row.cost
    shares = []
    for row in rows:
        shares.append(row.cost / total)
    return shares


def miss_changed_between(rows):
    for row in rows:
        row.open()
    rows = rows[1:]
    for row in rows:
        row.close()


def miss_early_end(rows):
    for row in rows:
        if row.bad:
            break
    for row in rows:
        row.close()


def miss_any_all(rows):
    some = any(row.a for row in rows)
    every = all(row.b for row in rows)
    first = next((row for row in rows if row.c), None)
    none = not any(row.d for row in rows)
    return some, every, first, none


async def miss_awaits(rows):
    for row in rows:
        await row.open()
    for row in rows:
        await row.close()


def miss_own_sorted(rows, sorted):
    return sorted(rows)[0]


def miss_apart(rows):
    total = sum(row.cost for row in rows)
    rows.append(total)
    longest = max(row.time for row in rows)
    rows.append(longest)
    shortest = min(row.time for row in rows)
    return shortest


def miss_one_loop(rows):
    total, names = 0, []
    for row in rows:
        total += row.cost
        names.append(row.name)
    return total, names


def miss_ranges(n):
    for i in range(n):
        print(i)
    for i in range(n):
        print(-i)


def miss_second_over_result(rows):
    found = []
    for row in rows:
        found.append(row.name)
    for name in found:
        print(name)


def miss_index_by_name(rows, key):
    return sorted(rows)[key]


def miss_returns(rows):
    for row in rows:
        if row.exact:
            return row
    for row in rows:
        if row.near:
            return row
    return None


def miss_suppressed(rows):
    return sorted(rows)[0]  # noqa: LP014
