// What a query may end with, in words.

/** An error answer in words; `status` is 0 when the server could not be reached. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
  ) {
    super(`${title}: ${detail}`);
  }
}

/** Words for any error that a query ended with. */
export function reasonOf(error: unknown): string {
  if (error instanceof ApiProblem)
    return error.status === 0 ? error.detail : `${error.title}. ${error.detail}`;
  return error instanceof Error ? error.message : String(error);
}
