// What executions have in common, as words.

interface Trait {
  readonly key: string;
  readonly relation: string;
  readonly value: string;
}

/** `version is v2.14.0`, `input tokens over 9000`, `error is missing`. */
export function traitWords({ key, relation, value }: Trait): string {
  if (relation === "=") return `${key} is ${value}`;
  if (relation === "is at least") return `${key} over ${value}`;
  if (relation === "is at most") return `${key} up to ${value}`;
  return `${key} ${relation}`;
}
