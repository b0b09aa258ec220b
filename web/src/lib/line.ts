// A series as the path of a line: x by place, y by value, gaps where nothing is known.

/** The path of values over a box; neighbours around an unknown one are not joined. */
export function linePath(
  values: readonly (number | null)[],
  width: number,
  height: number,
  top: number,
): string {
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  let path = "";
  let isDown = false;
  values.forEach((value, place) => {
    if (value === null) {
      isDown = false;
      return;
    }
    const x = (place * step).toFixed(1);
    const y = (height - (Math.min(value, top) / top) * height).toFixed(1);
    const isAlone = !isDown && (values[place + 1] ?? null) === null;
    path += `${isDown ? "L" : "M"}${x} ${y}${isAlone ? "h1" : ""}`;
    isDown = true;
  });
  return path;
}

/** The top of a picture that shows a line and its limit, with a little room above. */
export function topOf(lines: readonly (readonly (number | null)[])[], limit: number): number {
  let most = limit;
  for (const line of lines) for (const value of line) if (value !== null && value > most) most = value;
  return most > 0 ? most * 1.1 : 1;
}
