"use strict";
// Draws the steps of the page. Texts of programs only ever become text nodes: nothing here makes markup of a string.
(() => {
  const told = JSON.parse(document.getElementById("told").textContent);
  const box = document.getElementById("rows");
  const details = document.getElementById("details");
  const find = document.getElementById("find");
  const ROW = 22, HEAD = 26;
  const COLUMNS = ["Start", "Time", "Own time", "On path", "Tokens", "Cost"];
  const state = { view: "tree", chosen: -1, sort: 0, down: false, folded: new Set() };
  const hasChildren = told.rows.map((row, at) => at + 1 < told.rows.length && told.rows[at + 1].d > row.d);
  const pathOf = new Map();
  told.path.forEach(([row, from, long], at) => {
    if (!pathOf.has(row)) pathOf.set(row, []);
    pathOf.get(row).push([from, long, at]);
  });
  let shown = [];
  let placeOf = new Map();

  function make(name, style, text) {
    const element = document.createElement(name);
    if (style) element.className = style;
    if (text !== undefined) element.textContent = text;
    return element;
  }
  const placed = (ns) => percent(ns - told.from);
  const percent = (ns) => `${(ns / told.whole) * 100}%`;

  function choose() {
    const inTree = [];
    for (let at = 0; at < told.rows.length; at++) {
      inTree.push(at);
      if (!state.folded.has(at)) continue;
      const depth = told.rows[at].d;
      while (at + 1 < told.rows.length && told.rows[at + 1].d > depth) at++;
    }
    shown = inTree;
    if (state.view === "table") {
      shown = told.rows.map((_, at) => at);
      const way = state.down ? -1 : 1;
      shown.sort((a, b) => way * (told.rows[a].v[state.sort] - told.rows[b].v[state.sort]) || a - b);
    }
    placeOf = new Map(shown.map((row, place) => [row, place]));
    draw();
  }

  function head() {
    const line = make("div", "h");
    line.append(make("span", "", "Step"));
    if (state.view === "tree") {
      line.append(make("span", "num", "Time"));
      const axis = make("span", "axis");
      for (const [place, text] of told.ticks) {
        const tick = make("span", "", text);
        tick.style.left = `${place * 100}%`;
        axis.append(tick);
      }
      line.append(axis);
      return line;
    }
    line.append(make("span", "", "Category"), make("span", "", "Status"));
    COLUMNS.forEach((name, at) => {
      const cell = make("span", "num");
      const button = make("button", "", state.sort === at ? `${name} ${state.down ? "▾" : "▴"}` : name);
      button.type = "button";
      if (state.sort === at) button.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      button.onclick = () => {
        state.down = state.sort === at ? !state.down : true;
        state.sort = at;
        choose();
      };
      cell.append(button);
      line.append(cell);
    });
    return line;
  }

  function nameOf(row, at) {
    const name = make("span", row.x ? "agent-row" : "");
    name.title = row.n;
    if (state.view === "tree") {
      name.style.paddingLeft = `${16 + Math.min(row.d, 12) * 14}px`;
      const fold = make("button", "fold", hasChildren[at] ? (state.folded.has(at) ? "▸" : "▾") : "");
      fold.type = "button";
      fold.tabIndex = -1;
      if (hasChildren[at]) fold.onclick = (event) => { event.stopPropagation(); toggle(at); };
      name.append(fold);
    }
    name.append((row.x ? "⬡ " : "") + row.n + (row.b && state.view === "tree" ? ` ${row.s}` : ""));
    if (row.b) name.classList.add("bad");
    return name;
  }

  function bar(kind, from, long) {
    const one = make("i", `k ${kind}`);
    one.style.left = placed(from);
    one.style.width = percent(long);
    return one;
  }

  function axisOf(row, at, place) {
    const axis = make("span", "axis");
    if (hasChildren[at] || row.x) axis.append(bar("box", row.o, row.l));
    else if (row.f !== null && row.f > 0 && row.f < row.l) {
      axis.append(bar("wait", row.o, row.f), bar(row.k, row.o + row.f, row.l - row.f));
    } else axis.append(bar(row.k, row.o, row.l));
    for (const [from, long, number] of pathOf.get(at) ?? []) {
      const line = make("u");
      line.style.left = placed(from);
      line.style.width = percent(long);
      axis.append(line);
      const next = told.path[number + 1];
      const below = next && placeOf.get(next[0]);
      if (below === undefined || below === place) continue;
      const joint = make("s");
      joint.style.left = placed(from + long);
      const rows = below - place;
      joint.style.top = rows > 0 ? `${ROW - 4}px` : `${ROW - 4 + rows * ROW}px`;
      joint.style.height = `${Math.abs(rows) * ROW}px`;
      axis.append(joint);
    }
    return axis;
  }

  function lineOf(at, place) {
    const row = told.rows[at];
    const line = make("div", at === state.chosen ? "r on" : "r");
    line.style.top = `${HEAD + place * ROW}px`;
    line.setAttribute("role", "row");
    const wanted = find.value.toLowerCase();
    if (wanted && !row.n.toLowerCase().includes(wanted)) line.classList.add("off");
    line.append(nameOf(row, at));
    if (state.view === "tree") line.append(make("span", "num", row.t[1]), axisOf(row, at, place));
    else {
      line.append(make("span", "", row.c), make("span", row.b ? "bad" : "", row.s));
      for (const text of row.t) line.append(make("span", "num", text));
    }
    line.onclick = () => pick(at);
    return line;
  }

  function draw() {
    const first = Math.max(0, Math.floor(box.scrollTop / ROW) - 40);
    const last = Math.min(shown.length, first + Math.ceil(box.clientHeight / ROW) + 80);
    const room = make("div");
    room.style.height = `${shown.length * ROW}px`;
    const lines = [];
    for (let place = first; place < last; place++) lines.push(lineOf(shown[place], place));
    box.className = state.view;
    box.replaceChildren(head(), room, ...lines);
  }

  function toggle(at) {
    if (!state.folded.delete(at)) state.folded.add(at);
    choose();
  }

  function pretty(text) {
    try {
      const value = JSON.parse(text);
      return typeof value === "string" ? value : JSON.stringify(value, null, 2);
    } catch {
      return text;
    }
  }

  function pick(at) {
    state.chosen = at;
    const row = told.rows[at];
    const facts = make("dl");
    const fact = (name, text) => facts.append(make("dt", "", name), make("dd", "", text));
    fact("Status", row.s);
    fact("Category", row.c);
    COLUMNS.forEach((name, column) => row.t[column] !== "–" && fact(name, row.t[column]));
    const blocks = [];
    for (const [name, text] of told.details[at]) {
      if (text.length <= 60 && !text.includes("\n") && !/^[[{]/.test(text)) fact(name, text);
      else blocks.push(make("h4", "", name), make("pre", "", pretty(text)));
    }
    details.replaceChildren(make("h3", "", row.n), facts, ...blocks);
    details.scrollTop = 0;
    draw();
  }

  function step(by) {
    const place = Math.min(shown.length - 1, Math.max(0, (placeOf.get(state.chosen) ?? -1) + by));
    const top = place * ROW;
    if (top < box.scrollTop) box.scrollTop = top;
    if (top + ROW + HEAD > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW + HEAD - box.clientHeight;
    pick(shown[place]);
  }

  box.onscroll = () => requestAnimationFrame(draw);
  box.onkeydown = (event) => {
    const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 20, PageUp: -20 }[event.key];
    if (by) step(by);
    else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const at = state.chosen;
      const isFolded = state.folded.has(at);
      if (hasChildren[at] && state.view === "tree" && isFolded === (event.key === "ArrowRight")) toggle(at);
    } else return;
    event.preventDefault();
  };
  find.oninput = draw;
  onresize = draw;
  for (const button of document.querySelectorAll("[data-view]")) {
    button.onclick = () => {
      state.view = button.dataset.view;
      state.sort = state.view === "table" ? 1 : 0;
      state.down = state.view === "table";
      for (const one of document.querySelectorAll("[data-view]")) {
        one.setAttribute("aria-pressed", String(one === button));
      }
      choose();
    };
  }
  const height = Math.min(told.rows.length * ROW + HEAD + 14, window.innerHeight * 0.75);
  box.style.height = `${Math.max(200, height)}px`;
  choose();
  const longest = told.rows.reduce((best, row, at) => (row.v[3] > told.rows[best].v[3] ? at : best), 0);
  if (told.rows.length) pick(longest);
})();
