"""Pictures of pages held against those that somebody has looked at: by colours of small fields, not by letters.

Letters are drawn a little differently by every version of a browser and of its fonts' library, and times and ids change
from run to run. The mean colour of a field of 30 x 30 pixels hardly does; a card that is gone, a chart without its
lines or a colour of the wrong theme changes many.
"""

import base64
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser

COLUMNS, ROWS = 48, 30
FAR = 10
"""So much, of 255, a field may differ in one of its colours."""

MOST_FAR = 0.04
"""Share of the fields that may differ by more: hours stand elsewhere on an axis, a day has more of the bars. Two runs
ten minutes apart differed by 5 at most, in no field by more; the pages of the overview and of an agent in 18 %."""

_SEEN = """async ([picture, columns, rows]) => {
  const image = new Image();
  image.src = picture;
  await image.decode();
  const whole = new OffscreenCanvas(image.width, image.height).getContext("2d");
  whole.drawImage(image, 0, 0);
  const { data } = whole.getImageData(0, 0, image.width, image.height);
  const [wide, high] = [image.width / columns, image.height / rows];
  const fields = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const sum = [0, 0, 0];
      let count = 0;
      for (let y = Math.round(row * high); y < Math.round((row + 1) * high); y++) {
        for (let x = Math.round(column * wide); x < Math.round((column + 1) * wide); x++) {
          const at = 4 * (y * image.width + x);
          for (let part = 0; part < 3; part++) sum[part] += data[at + part];
          count += 1;
        }
      }
      fields.push(sum.map((part) => part / count));
    }
  }
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width / 3, image.height / 3];
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return { fields, small: canvas.toDataURL("image/png").split(",")[1] };
}"""


class Picture(NamedTuple):
    """The mean colours of its fields, row by row, and the picture at a third of its size as PNG."""

    fields: list[list[float]]
    small: bytes


def see(browser: Browser, png: bytes) -> Picture:
    """What is in a picture."""
    page = browser.new_page()
    try:
        picture = f"data:image/png;base64,{base64.b64encode(png).decode()}"
        seen = page.evaluate(_SEEN, [picture, COLUMNS, ROWS])
    finally:
        page.close()
    return Picture(seen["fields"], base64.b64decode(seen["small"]))


def far_share(browser: Browser, wanted: Path, found: Picture) -> float:
    """The share of fields, 0 to 1, in which a picture differs from the one that was accepted; 1 if there is none."""
    if not wanted.exists():
        return 1.0
    fields = see(browser, wanted.read_bytes()).fields
    far = [
        any(abs(a - b) > FAR for a, b in zip(one, other, strict=True))
        for one, other in zip(fields, found.fields, strict=True)
    ]
    return sum(far) / len(far)
