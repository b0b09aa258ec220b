// The questions of `reports/questions`, as query options: their names are their addresses.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { ListAddress } from "../lib/address";
import { rangeStart } from "../lib/time";
import { getJson } from "./http";

export type Wishes = Readonly<Record<string, string | readonly string[] | null | undefined>>;

/** A query string of what is wished; what is empty is left out, a list is named once for each. */
export function queryOf(wishes: Wishes): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(wishes)) {
    for (const each of typeof value === "string" ? [value] : (value ?? []))
      if (each) query.append(name, each);
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** `from` and `to` of an address as the server wants them; a range like `7d` ends now. */
export function timesOf(address: Pick<ListAddress, "range" | "from" | "to">): Wishes {
  return { from: address.from || rangeStart(address.range, Date.now()), to: address.to };
}

/**
 * A question about many executions: `/api/analysis/NAME`. The times are computed when it is asked, so that the key stays
 * the same while the clock goes on.
 */
export function questionQuery<View>(
  name: string,
  wishes: Wishes,
  address?: Pick<ListAddress, "range" | "from" | "to">,
) {
  return queryOptions({
    queryKey: ["question", name, wishes, address && [address.range, address.from, address.to]],
    queryFn: ({ signal }) => {
      const times = address ? timesOf(address) : {};
      return getJson<View>(`/api/analysis/${name}${queryOf({ ...wishes, ...times })}`, signal);
    },
    staleTime: 15_000,
    placeholderData: keepPreviousData,
  });
}

/** A question about one execution: `/api/executions/ID/NAME`. */
export function questionOfOneQuery<View>(name: string, executionId: string, wishes: Wishes = {}) {
  return queryOptions({
    queryKey: ["question of one", name, executionId, wishes],
    queryFn: ({ signal }) =>
      getJson<View>(`/api/executions/${encodeURIComponent(executionId)}/${name}${queryOf(wishes)}`, signal),
    staleTime: 15_000,
  });
}
