"use strict";
// Every value is inserted as text or as an attribute; nothing here is parsed as HTML.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const STATES = {
    published: ["published", "everything that was planned"],
    partial: ["partial", "some of it is there"],
    withheld: ["withheld", "not ready: what was there stays"],
    degraded: ["degraded", "too few players"],
    missing: ["missing", "nothing is there"],
    stale: ["stale", "what an earlier run left, or not renewed for 12 hours"],
    no_games: ["no games", "nothing to show"],
  };
  const STAGES = {
    context: "In tonight's games", zones: "With shot zones", cache: "With recent form", composite: "With fatigue",
    features: "With features", ready: "Ready to forecast", predicted: "With a forecast", lined: "With a line",
    published: "Published",
  };
  const STALE_HOURS = 12, MOST_RUNS = 60;
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const DAY = /^\d{4}-\d{2}-\d{2}$/;
  // The first and the last date of each type.
  const spans = new Map();
  let data = null, days = [], names = [], chosen = "", shown = 0;

  const at = (id) => document.getElementById(id);
  const own = (object, key) => (Object.hasOwn(object, key) ? object[key] : undefined);
  function fill(node, attributes, parts) {
    for (const [name, value] of Object.entries(attributes || {})) if (value !== null) node.setAttribute(name, String(value));
    node.append(...parts.filter((part) => part !== null).map((part) => (part instanceof Node ? part : String(part))));
    return node;
  }
  const el = (tag, attributes, ...parts) => fill(document.createElement(tag), attributes, parts);
  const draw = (tag, attributes, ...parts) => fill(document.createElementNS(SVG, tag), attributes, parts);
  const number = (value) => Math.round(value).toLocaleString("en-US");
  const many = (count, word) => `${number(count)} ${word}${count === 1 ? "" : "s"}`;
  const signed = (value) => (value > 0 ? `+${number(value)}` : value < 0 ? `−${number(-value)}` : "±0");
  const label = (day) => `${Number(day.slice(8))} ${MONTHS[Number(day.slice(5, 7)) - 1]} ${day.slice(0, 4)}`;
  const clock = (instant) => `${instant.slice(0, 10)} ${instant.slice(11, 16)}`;
  const word = (state) => (own(STATES, state) || [state])[0];
  // A path below the published tree, each segment of it escaped.
  const link = (path) => `../${path.split("/").map(encodeURIComponent).join("/")}`;

  function ago(instant) {
    const minutes = Math.round((Date.now() - Date.parse(instant)) / 60000);
    if (minutes < 1) return "just now";
    if (minutes < 90) return `${many(minutes, "minute")} ago`;
    return minutes < 48 * 60 ? `${many(minutes / 60, "hour")} ago` : `${many(minutes / 1440, "day")} ago`;
  }
  function lasted(seconds) {
    if (seconds === null) return "–";
    return seconds < 90 ? `${number(seconds)} s` : `${number(seconds / 60)} min`;
  }
  const seconds = (run) =>
    run.started_at && run.finished_at ? Math.max(1, (Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000) : null;
  const mark = (state) => el("span", { class: "mark", "aria-hidden": "true" });
  const pill = (state) => el("span", { class: `pill ${state}` }, mark(state), word(state));

  // The state of a type on a date: what the runs say, and what only the calendar as a whole shows.
  function stateOf(day, name) {
    const date = data.dates[day], cell = own(date.exports, name);
    if (cell) {
      const done = date.runs[cell.run] && date.runs[cell.run].finished_at;
      const old = done && Date.now() - Date.parse(done) > STALE_HOURS * 3600000;
      return day === days[0] && old && ["published", "no_games"].includes(cell.state) ? "stale" : cell.state;
    }
    const type = own(data.types, name);
    if (!type || !type.nightly || !date.games) return "";
    if (!spans.has(name)) {
      const there = days.filter((other) => own(data.dates[other].exports, name));
      spans.set(name, there.length ? [there[there.length - 1], there[0]] : ["", ""]);
    }
    const [first, last] = spans.get(name);
    return day > first && day < last ? "missing" : "";
  }

  // The state of a date, with what only the calendar as a whole shows.
  function dateState(day) {
    const state = data.dates[day].state, states = names.map((name) => stateOf(day, name));
    if (state !== "published" && state !== "no_games") return state;
    return states.includes("stale") ? "stale" : states.includes("missing") ? "partial" : state;
  }

  function summary() {
    const day = days[0], date = data.dates[day], run = date.runs[0];
    const wrong = names.filter((name) => !["", "published", "no_games"].includes(stateOf(day, name)));
    const total = Object.values(date.exports).reduce((sum, cell) => sum + cell.documents, 0);
    const tile = (name, value, note) => el("div", null, el("dt", null, name), el("dd", null, value, note && el("div", { class: "small" }, note)));
    at("summary").replaceChildren(el("dl", { class: "tiles" },
      tile("Newest date", el("a", { href: `#${day}` }, label(day)), many(date.games, "game")),
      tile("State", pill(dateState(day)), wrong.length ? `${many(wrong.length, "type")} to look at` : "nothing to look at"),
      tile("Documents", number(total), `${number(run.written)} written by the last run`),
      tile("Last run", lasted(seconds(run)), run.finished_at ? `ended ${ago(run.finished_at)}` : "")));
    const ended = Object.values(data.dates).flatMap((one) => one.runs).map((one) => one.finished_at || "").sort().pop();
    at("last").textContent = ended ? `Last run ended ${ago(ended)}, at ${clock(ended)} UTC` : "No run has ended";
  }


  function legend() {
    const counted = {};
    for (const day of days) for (const name of names) {
      const state = stateOf(day, name);
      if (state) counted[state] = (counted[state] || 0) + 1;
    }
    at("legend").replaceChildren(...Object.entries(STATES).map(([state, [name, meaning]]) =>
      el("li", { title: meaning }, el("span", { class: `chip ${state}` }, mark(state)), name,
        el("span", { class: "small" }, number(counted[state] || 0)), el("span", { class: "hidden" }, `: ${meaning}`))));
  }

  function calendar() {
    legend();
    const months = [];
    for (const day of days) {
      const last = months[months.length - 1];
      if (last && last.month === day.slice(0, 7)) last.days += 1;
      else months.push({ month: day.slice(0, 7), days: 1 });
    }
    const cell = (state, more) => (state
      ? el("td", { class: state, title: more }, mark(state), el("span", { class: "hidden" }, word(state)))
      : el("td", { title: more }, el("span", { class: "hidden" }, "none")));
    const head = el("thead", null,
      el("tr", null, el("td", { class: "corner" }), ...months.map(({ month, days: width }) =>
        el("th", { class: "month", scope: "colgroup", colspan: width },
          width > 2 ? `${MONTHS[Number(month.slice(5)) - 1]} ${month.slice(0, 4)}` : MONTHS[Number(month.slice(5)) - 1]))),
      el("tr", null, el("th", { scope: "row" }, "Date"), ...days.map((day) =>
        el("th", { class: "day", scope: "col" }, el("a", {
          href: `#${day}`, "data-day": day, tabindex: "-1", "aria-label": `${label(day)}, ${word(dateState(day))}`,
        }, Number(day.slice(8)))))));
    const row = (name, states, kind) => el("tr", { class: kind },
      el("th", { scope: "row", title: name }, name), ...states.map((state, n) => cell(state, `${name}, ${label(days[n])}: ${word(state) || "none"}`)));
    at("grid").replaceChildren(el("table", { class: "grid", "aria-describedby": "calendar-hint" },
      el("caption", { class: "hidden" }, "The state of each export type on each date, the newest date first"), head,
      el("tbody", null, row("all types", days.map(dateState), "whole"),
        ...names.map((name) => row(name, days.map((day) => stateOf(day, name)), null)))));
    at("grid").addEventListener("keydown", (event) => {
      const here = days.indexOf(event.target.dataset && event.target.dataset.day);
      const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: days.length - 1 }[event.key];
      if (here < 0 || to === undefined) return;
      event.preventDefault();
      const next = dayLink(days[Math.min(Math.max(to, 0), days.length - 1)]);
      rove(next);
      next.focus();
    });
  }
  const dayLink = (day) => at("grid").querySelectorAll("a")[days.indexOf(day)];
  function rove(to) {
    for (const other of at("grid").querySelectorAll('a[tabindex="0"]')) other.tabIndex = -1;
    to.tabIndex = 0;
  }

  function funnel(stages) {
    const counted = stages.filter((stage) => stage.players !== null);
    if (!counted.some((stage) => stage.players)) {
      at("funnel").replaceChildren(el("p", { class: "hint" }, "No players were counted on this date."));
      return;
    }
    const width = Math.max(280, Math.min(at("funnel").clientWidth, 860)), left = 142, right = 84, high = 26;
    const most = Math.max(...counted.map((stage) => stage.players), 1), room = width - left - right;
    const told = counted.map((stage) => `${STAGES[stage.stage] || stage.stage} ${stage.players}`).join(", ");
    const picture = draw("svg", { width, height: counted.length * high, role: "img", "aria-label": `Funnel: ${told}` });
    counted.forEach((stage, n) => {
      const y = n * high, long = (room * stage.players) / most;
      picture.append(
        draw("text", { x: 0, y: y + 17, class: "quiet" }, STAGES[stage.stage] || stage.stage),
        draw("rect", { x: left, y: y + 4, width: room, height: high - 8, rx: 3, class: "rail" }),
        draw("rect", { x: left, y: y + 4, width: Math.max(long, 1), height: high - 8, rx: 3, class: "fill" }),
        draw("text", { x: left + room + 8, y: y + 17 }, number(stage.players)));
      if (stage.lost) picture.append(draw("text", { x: width, y: y + 17, "text-anchor": "end", class: "loss" }, `−${number(stage.lost)}`));
    });
    at("funnel").replaceChildren(picture);
  }

  // The player in a path, by the template of its type; empty when there is none.
  function playerIn(template, path) {
    const parts = template.split("/"), found = path.split("/");
    const n = parts.findIndex((part) => part.includes("{player}"));
    if (n < 0 || !found[n]) return "";
    return found[n].slice(parts[n].indexOf("{player}"), found[n].length - (parts[n].length - parts[n].indexOf("{player}") - 8));
  }
  function byPlayer(name, section) {
    const template = (own(data.types, name) || { path: "" }).path, found = new Map();
    for (const path of Object.keys(section.paths)) found.set(playerIn(template, path) || path, path);
    return found;
  }

  // A dotted path in a document, in words.
  function counted(key) {
    const path = key.includes("[]") ? key.slice(key.lastIndexOf(".") + 1) : key.replace(/^summary\./, "");
    return path.replace(/[._]/g, " ");
  }

  // What differs from the night before: players, then what is counted, then documents that have the same path.
  function differences(name, before, after) {
    if (!before || !after) return [];
    const old = byPlayer(name, before), now = byPlayer(name, after), parts = [];
    const isPlayers = (own(data.types, name) || { path: "" }).path.includes("{player}");
    if (isPlayers) {
      const added = [...now.keys()].filter((key) => !old.has(key)), gone = [...old.keys()].filter((key) => !now.has(key));
      parts.push(added.length || gone.length
        ? more(`${signed(added.length)} / ${signed(-gone.length)} players`, () => [
          ...added.map((key) => el("li", null, "+ ", el("a", { href: link(now.get(key)) }, key))),
          ...gone.map((key) => el("li", null, "− ", el("a", { href: link(old.get(key)) }, key)))])
        : el("div", null, "same players"));
    }
    const shared = Object.keys(after.counts).filter((key) => own(before.counts, key) !== undefined);
    const moved = shared.filter((key) => before.counts[key] !== after.counts[key]);
    for (const key of moved) {
      const [was, is] = [before.counts[key], after.counts[key]];
      parts.push(el("div", null, `${counted(key)} ${number(was)} → ${number(is)} (${signed(is - was)})`));
    }
    if (shared.length && !moved.length) parts.push(el("div", null, "same counts"));
    const same = Object.keys(after.paths).filter((path) => own(before.paths, path));
    const changed = same.filter((path) => before.paths[path] !== after.paths[path]).length;
    if (same.length) parts.push(el("div", { class: "small" }, changed ? `${number(changed)} of ${many(same.length, "document")} changed` : "no document changed"));
    return parts;
  }
  // A list that is made when it is opened.
  function more(title, items) {
    const list = el("ul", null), found = el("details", null, el("summary", null, title), list);
    found.addEventListener("toggle", () => { if (found.open && !list.hasChildNodes()) list.append(...items()); });
    return found;
  }

  function documents(name, section) {
    const paths = [...byPlayer(name, section)];
    if (!paths.length) return ["–"];
    if (paths.length === 1) return [el("a", { href: link(paths[0][1]), "aria-label": `${name}: open the document` }, "open")];
    return [more(many(paths.length, "document"), () => paths.map(([key, path]) => el("li", null, el("a", { href: link(path) }, key))))];
  }

  function types(night, before) {
    // The roles keep it a table where it is laid out as cards.
    const cell = (kind, ...parts) => el("td", { role: "cell", class: kind }, ...parts);
    const body = names.filter((name) => stateOf(chosen, name)).map((name) => {
      const section = night && own(night.exports, name), changes = section && section.changes;
      const worked = section ? `${number(section.build_ms + section.publish_ms)} ms` : "–";
      const changed = changes && ["added", "changed", "dropped"].filter((key) => changes[key]).map((key) => `${number(changes[key])} ${key}`);
      const done = !section ? "–" : changes ? changed.join(", ") || "no change" : "first run";
      return el("tr", { role: "row" }, el("th", { scope: "row", role: "rowheader" }, name), cell(null, pill(stateOf(chosen, name))),
        cell(null, ...(section ? documents(name, section) : [number((own(data.dates[chosen].exports, name) || { documents: 0 }).documents)])),
        cell(null, ...(section && before ? differences(name, own(before.exports, name), section) : [])),
        cell("done", done), cell("number", worked));
    });
    const titles = ["Export type", "State", "Documents", "Against the night before", "Against the run before", "Time"];
    at("types").replaceChildren(el("table", { class: "list", role: "table" },
      el("caption", { class: "hidden" }, `Export types of ${label(chosen)}`),
      el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...titles.map((title) =>
        el("th", { scope: "col", role: "columnheader", class: title === "Time" ? "number" : null }, title)))),
      el("tbody", { role: "rowgroup" }, ...body)));
  }

  async function load(path) {
    const answer = await fetch(path, { cache: "no-cache" });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  }
  const night = (day) => (day ? load(`dates/${day}.json`).catch(() => null) : Promise.resolve(null));

  async function choose(day, moveFocus) {
    const turn = (shown += 1);
    chosen = day;
    for (const other of at("grid").querySelectorAll("a[aria-current]")) other.removeAttribute("aria-current");
    const here = dayLink(day);
    here.setAttribute("aria-current", "date");
    rove(here);
    const n = days.indexOf(day), date = data.dates[day], run = date.runs[0];
    const earlier = days.slice(n + 1).find((other) => data.dates[other].games) || days[n + 1];
    at("date").hidden = false;
    at("date-title").textContent = label(day);
    const step = (to, text) => (to ? el("a", { href: `#${to}` }, text) : null);
    at("steps").replaceChildren(...[step(days[n + 1], "← earlier"), step(days[n - 1], "later →")].filter(Boolean));
    at("facts").replaceChildren(pill(dateState(day)), el("span", null, many(date.games, "game")),
      el("span", null, `run of ${lasted(seconds(run))}${run.finished_at ? `, ended ${clock(run.finished_at)}` : ""}`),
      el("span", null, `${number(run.bytes / 1000)} KB`));
    const [found, before] = await Promise.all([night(day), night(earlier)]);
    if (turn !== shown) return;
    funnel(found ? found.funnel : []);
    at("compared").textContent = !found ? "Details of this date are not there."
      : before ? `The night before is ${label(earlier)}.` : "There is no night before to compare with.";
    types(found, before);
    at("date").dataset.ready = day;
    if (moveFocus) at("date-title").focus();
  }

  // Runs that published several dates count once.
  function runs() {
    const found = new Map();
    for (const day of days) for (const run of data.dates[day].runs) {
      if (seconds(run) === null || !run.documents) continue;
      const one = found.get(run.execution_id) || { first: day, last: day, documents: 0, seconds: 0, ended: "" };
      one.first = day < one.first ? day : one.first;
      one.documents += run.documents;
      one.seconds = Math.max(one.seconds, seconds(run));
      one.ended = run.finished_at > one.ended ? run.finished_at : one.ended;
      found.set(run.execution_id, one);
    }
    return [...found.values()].sort((a, b) => (a.ended < b.ended ? -1 : 1)).slice(-MOST_RUNS);
  }
  function bars(title, unit, all, value) {
    const whole = at("charts").clientWidth, width = Math.max(280, innerWidth > 600 ? whole / 2 - 16 : whole);
    const high = 120, left = 48, room = width - left, step = Math.min(room / all.length, 28), most = Math.max(...all.map(value), 1e-9);
    const text = (top) => `${top >= 10 ? number(top) : top.toFixed(1)}${unit}`;
    const told = `${title}: ${many(all.length, "run")}, the last ${text(value(all[all.length - 1]))}, at most ${text(most)}`;
    const picture = draw("svg", { width, height: high + 24, role: "img", "aria-label": told },
      draw("line", { x1: left, x2: width, y1: 8, y2: 8, class: "axis" }), draw("line", { x1: left, x2: width, y1: high, y2: high, class: "axis" }),
      draw("text", { x: left - 6, y: 13, "text-anchor": "end", class: "quiet" }, text(most)),
      draw("text", { x: left - 6, y: high + 4, "text-anchor": "end", class: "quiet" }, "0"),
      draw("text", { x: left, y: high + 18, class: "quiet" }, clock(all[0].ended).slice(0, 10)));
    if (all.length * step > 180) picture.append(draw("text", { x: left + all.length * step, y: high + 18, "text-anchor": "end", class: "quiet" }, clock(all[all.length - 1].ended).slice(0, 10)));
    all.forEach((run, n) => {
      const tall = Math.max(((high - 8) * value(run)) / most, 1);
      picture.append(draw("rect", { x: left + n * step + 1, y: high - tall, width: Math.max(step - 2, 1), height: tall, rx: 1, class: "fill" },
        draw("title", null, `${clock(run.ended)}: ${text(value(run))}`)));
    });
    return el("figure", null, el("figcaption", null, title), picture);
  }
  function charts() {
    const all = runs();
    at("runs").hidden = false;
    if (!all.length) {
      at("charts").replaceChildren(el("p", { class: "hint" }, "No run has said how long it took."));
      return;
    }
    const rows = () => [...all].reverse().map((run) => el("li", null,
      `${clock(run.ended)}: ${run.first === run.last ? label(run.last) : `${label(run.first)} to ${label(run.last)}`}, ${many(run.documents, "document")} in ${lasted(run.seconds)}, ${number(run.documents / run.seconds)} a second`));
    at("charts").replaceChildren(
      bars("Documents a second", "", all, (run) => run.documents / run.seconds), bars("Seconds a run", " s", all, (run) => run.seconds),
      more("The runs in words", rows));
  }

  const wanted = () => (DAY.test(location.hash.slice(1)) && own(data.dates, location.hash.slice(1)) ? location.hash.slice(1) : "");
  async function start() {
    try {
      data = await load("data.json");
    } catch (error) {
      at("last").textContent = location.protocol === "file:"
        ? "A browser loads no data into a page from a file: serve it with phase6 status --serve."
        : "There is no data yet: it is published by the first run.";
      return;
    }
    days = Object.keys(data.dates).filter((day) => DAY.test(day)).sort().reverse();
    if (!days.length) {
      at("last").textContent = "No date has been exported yet.";
      return;
    }
    names = [...new Set(days.flatMap((day) => Object.keys(data.dates[day].exports)))].sort();
    for (const id of ["summary", "calendar"]) at(id).hidden = false;
    summary();
    calendar();
    charts();
    await choose(wanted() || days[0], false);
    addEventListener("hashchange", () => {
      if (wanted()) choose(wanted(), true);
      else if (!location.hash) choose(days[0], false);
    });
    let width = innerWidth;
    addEventListener("resize", () => {
      if (innerWidth !== width) { width = innerWidth; charts(); choose(chosen, false); }
    });
  }
  start();
})();
