// Everything that a model wrote reaches the page through textContent only.
const DATA = JSON.parse(document.getElementById("data").textContent);
const ROWS = DATA.rows, PROMPTS = DATA.prompts, HEIGHT = 46, MOST_TOKENS = 2500, MOST_MEANS = 4;
const $ = (id) => document.getElementById(id);
const FIELDS = ["q", "f", "model", "step", "slice", "value", "signal", "low", "high", "sort"];
let shown = [], chosen = null;

// Marks that act without being seen are written out, so that a text reads as what it is.
const visible = (text) => String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
  (mark) => "\\u" + mark.charCodeAt(0).toString(16).padStart(4, "0"));
function make(tag, text, className) {
  const node = document.createElement(tag);
  if (text !== undefined && text !== null) node.textContent = visible(text);
  if (className) node.className = className;
  return node;
}
function add(parent, ...nodes) { for (const node of nodes) parent.appendChild(node); return parent; }
const number = (value) => value === null || value === undefined ? "–" : (Math.round(value * 1000) / 1000).toString();
const said = (row) => row.said.map((turn) => turn.text).join("\n");
const turnsOf = (row) => row.asked || PROMPTS[row.p].turns;  // its own where the same row was asked otherwise elsewhere
const asked = (row) => { const turns = turnsOf(row); return turns.length ? turns[turns.length - 1].text : ""; };

const promptTexts = PROMPTS.map((p) => (p.turns.map((t) => t.text).join("\n") + "\n" + p.reference + "\n" + (p.gold || "")).toLowerCase());
ROWS.forEach((row, index) => {
  row.index = index;
  row.place = DATA.models.indexOf(row.m);
  for (const name of ["signals", "why", "slices"]) Object.setPrototypeOf(row[name], null);  // a part may be called "constructor"
  row.text = [row.id, row.m, row.reason || "", row.ungradable || "", said(row), ...(row.asked || []).map((t) => t.text), ...Object.values(row.why)].join("\n").toLowerCase();
});
const byPrompt = new Map(), byGroup = new Map();
for (const row of ROWS) {
  for (const [map, key] of [[byPrompt, row.p], [byGroup, row.g]]) {
    if (!map.has(key)) map.set(key, []);
    map.get(key).push(row);
  }
}
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const scores = (rows) => rows.map((row) => row.score).filter((score) => score !== null);
const means = new Map([...byPrompt].map(([prompt, rows]) => [prompt, DATA.models.map((model) => {
  const found = scores(rows.filter((row) => row.m === model));
  return found.length ? mean(found) : null;
})]));
const change = new Map([...means].map(([prompt, all]) => {
  const found = all.filter((one) => one !== null);
  return [prompt, found.length < 2 ? -1 : Math.max(...found) - Math.min(...found)];
}));
const fall = new Map([...means].map(([prompt, all]) => {
  const [before, after] = all.slice(-2);
  return [prompt, all.length < 2 || before === null || after === null ? Infinity : after - before];
}));
const spread = new Map([...byGroup].map(([group, rows]) => {
  const found = scores(rows), middle = found.length ? mean(found) : 0;
  return [group, found.length < 2 ? -1 : mean(found.map((score) => (score - middle) ** 2))];
}));

function options(select, values, all) {
  select.replaceChildren();
  add(select, new Option(all, ""), ...values.map((value) => new Option(visible(value), value)));
}
const uniq = (values) => [...new Set(values)];
function fillControls() {
  $("title").textContent = visible(DATA.title);
  options($("model"), DATA.models, "all");
  options($("step"), uniq(ROWS.map((row) => row.step).filter((step) => step !== undefined)).sort((a, b) => a - b), "all");
  options($("slice"), uniq(ROWS.flatMap((row) => Object.keys(row.slices))).sort(), "none");
  options($("signal"), uniq(ROWS.flatMap((row) => Object.keys(row.signals))), "score");
  fillValues();
  $("names").textContent = visible([...FILTERS.FACTS, ...NAMES.map(FILTERS.written)].join(", "));
}
function fillValues() {
  const key = $("slice").value;
  options($("value"), key ? uniq(ROWS.map((row) => row.slices[key]).filter((value) => value !== undefined)).sort() : [], "all");
}

const NAMES = uniq(ROWS.flatMap((row) => [...Object.keys(row.signals).map((name) => (row.parts.includes(name) ? "part." : "metric.") + name),
  ...Object.keys(row.tokens || {}).map((name) => `tokens.${name}`), ...Object.keys(row.slices).map((name) => `row.${name}`)]));
const plain = (value) => typeof value === "boolean" ? String(value) : typeof value === "number" || typeof value === "string" && value ? value : null;
// What a name of an expression stands for; rft/report/choosing.py says the same.
function valueOf(row, name) {
  const dot = name.indexOf("."), kind = name.slice(0, dot), key = name.slice(dot + 1);
  if (dot >= 0) {
    if (kind === "tokens") return plain(Object.hasOwn(row.tokens || {}, key) ? row.tokens[key] : null);
    if (kind === "row") return plain(row.slices[key]);
    return row.parts.includes(key) === (kind === "part") ? plain(row.signals[key]) : null;
  }
  if (name === "prompt") return plain(turnsOf(row).map((one) => one.text).join("\n"));
  if (name === "completion") return plain(said(row));
  if (name === "reference") return plain(PROMPTS[row.p].reference);
  return plain(row[{ model: "m", advantage: "adv" }[name] || name]);
}
let wanted = FILTERS.parse("");
// Reads the expression; one that cannot be read is explained, and the last good one stays in force.
function readFilter() {
  const field = $("f"), wrong = $("wrong");
  try {
    const read = FILTERS.parse(field.value);
    FILTERS.check(read, NAMES);
    wanted = read;
    wrong.hidden = true;
  } catch (error) {
    if (!(error instanceof FILTERS.FilterError)) throw error;
    wrong.textContent = visible(`Filter, ${error.message}`);
    wrong.hidden = false;
  }
  field.setAttribute("aria-invalid", String(!wrong.hidden));
}
function filtered() {
  const words = $("q").value.toLowerCase().split(/\s+/).filter(Boolean);
  const model = $("model").value, step = $("step").value, key = $("slice").value, value = $("value").value, signal = $("signal").value;
  const low = $("low").value === "" ? -Infinity : Number($("low").value), high = $("high").value === "" ? Infinity : Number($("high").value);
  const bounded = low !== -Infinity || high !== Infinity;
  return ROWS.filter((row) => {
    if (model && row.m !== model || step && String(row.step) !== step) return false;
    if (key && value && row.slices[key] !== value) return false;
    if (bounded || signal) {
      const found = signal ? row.signals[signal] : row.score;
      if (found === null || found === undefined || found < low || found > high) return false;
    }
    if (!wanted.fits((name) => valueOf(row, name))) return false;
    return words.every((word) => row.text.includes(word) || promptTexts[row.p].includes(word));
  });
}
function ordered(rows) {
  const value = (row) => row.score === null ? Infinity : row.score;
  const orders = {
    worst: (a, b) => value(a) - value(b), best: (a, b) => (b.score === null ? -Infinity : b.score) - (a.score === null ? -Infinity : a.score),
    changed: (a, b) => change.get(b.p) - change.get(a.p) || a.p - b.p || b.place - a.place,
    fell: (a, b) => fall.get(a.p) - fall.get(b.p) || a.p - b.p || b.place - a.place, varied: (a, b) => spread.get(b.g) - spread.get(a.g) || (a.g < b.g ? -1 : a.g > b.g ? 1 : 0),
    step: (a, b) => (a.step || 0) - (b.step || 0),
  };
  const order = orders[$("sort").value];
  const sorted = order ? [...rows].sort((a, b) => order(a, b) || a.index - b.index) : rows;
  if (!$("once").checked) return sorted;
  const seen = new Set();
  return sorted.filter((row) => !seen.has(row.p) && seen.add(row.p));
}
function refresh() {
  const began = performance.now();
  readFilter();
  shown = ordered(filtered());
  $("space").style.height = shown.length * HEIGHT + "px";
  const found = scores(shown);
  const average = found.length ? `, mean score ${number(mean(found))}` : "";
  $("count").textContent = `${shown.length.toLocaleString("en")} of ${ROWS.length.toLocaleString("en")} rollouts${average}`;
  if (!chosen || !shown.includes(chosen)) choose(shown[0] || null, false);
  draw();
  document.documentElement.dataset.filterMs = (performance.now() - began).toFixed(1);
  remember();
}

function draw() {
  const list = $("list"), space = $("space");
  const first = Math.max(0, Math.floor(list.scrollTop / HEIGHT) - 5), last = Math.min(shown.length, first + Math.ceil(list.clientHeight / HEIGHT) + 10);
  space.replaceChildren(...shown.slice(first, last).map((row, at) => listed(row, first + at)));
}
function listed(row, place) {
  const node = make("div", null, "row");
  node.style.top = place * HEIGHT + "px";
  node.id = "row-" + row.index;
  node.setAttribute("role", "option");
  node.setAttribute("aria-selected", String(row === chosen));
  node.setAttribute("aria-posinset", String(place + 1));
  node.setAttribute("aria-setsize", String(shown.length));
  const head = add(make("div"), make("b", row.score === null ? "no score" : number(row.score)), make("span", `  ${row.m}  `));
  const all = means.get(row.p);
  if (all.length > 1 && all.length <= MOST_MEANS) add(head, make("span", `${all.map(number).join(" → ")}  `, fall.get(row.p) < 0 ? "soft down" : "soft"));
  add(head, make("span", row.id));
  if (row.step !== undefined) add(head, make("span", `  step ${row.step}`, "soft"));
  add(node, head, make("div", asked(row).slice(0, 200), "soft"));
  node.addEventListener("click", () => choose(row));
  return node;
}

function choose(row, scroll = true) {
  chosen = row;
  show();
  if (row && scroll) {
    const place = shown.indexOf(row), list = $("list"), top = place * HEIGHT;
    if (place >= 0 && (top < list.scrollTop || top + HEIGHT > list.scrollTop + list.clientHeight)) list.scrollTop = top - list.clientHeight / 3;
  }
  draw();
  if (row) $("list").setAttribute("aria-activedescendant", "row-" + row.index);
  remember();
}
function show() {
  const detail = $("detail");
  detail.replaceChildren();
  detail.scrollTop = 0;
  if (!chosen) { add(detail, make("p", "No rollout fits the filters.")); return; }
  const row = chosen, prompt = PROMPTS[row.p];
  const copy = make("button", "Copy as JSON"), link = make("button", "Copy link");
  copy.addEventListener("click", () => copyText(json(row), copy));
  link.addEventListener("click", () => { rememberNow(); copyText(location.href, link); });
  add(detail, add(make("div", null, "actions"), copy, link), make("h2", `${row.id || "rollout"}: ${row.m}`), facts(row));
  add(detail, make("h2", "Prompt"), ...turnsOf(row).map(turn));
  add(detail, make("h2", "Models side by side"), sides(row, prompt));
  if (Object.keys(row.signals).length) add(detail, make("h2", "Score"), signals(row));
  const group = byGroup.get(row.g);
  if (group.length > 1) add(detail, make("h2", `Group: ${group.length} completions of this prompt`), grouped(group, row));
}
function facts(row) {
  const told = [["score", number(row.score)], ["advantage", row.adv === null ? null : number(row.adv)], ["line", row.line]];
  for (const name of ["step", "sample", "temperature", "finish_reason", "seconds", "seed"]) told.push([name, row[name]]);
  if (row.tokens) for (const [name, count] of Object.entries(row.tokens)) told.push([`${name} tokens`, count]);
  for (const [name, value] of Object.entries(row.slices)) told.push([name, value]);
  const text = told.filter(([, value]) => value !== null && value !== undefined).map(([name, value]) => `${name} ${value}`).join(" · ");
  const node = add(make("div"), make("p", text, "soft"));
  if (row.reason) add(node, make("p", `Reason: ${row.reason}`));
  if (row.ungradable) add(node, make("p", `Ungradable: ${row.ungradable}`, "down"));
  return node;
}
const turn = (one) => add(make("div", null, "turn"), make("h3", one.role), make("pre", one.text || "(empty)"));
function sides(row, prompt) {
  const node = make("div", null, "sides");
  add(node, add(make("div"), make("h3", "reference"), ...pictured(prompt, prompt.boxes, "reference"), make("pre", prompt.reference || "none")));
  if (prompt.gold) add(node, add(make("div"), make("h3", "gold"), make("pre", prompt.gold)));
  for (const model of DATA.models) {
    const same = byPrompt.get(row.p).filter((other) => other.m === model);
    const other = model === row.m ? row : same.find((one) => one.sample === row.sample && one.step === row.step) || same[0];
    if (!other) continue;
    const side = add(make("div", null, "side"), make("h3", `${model}: ${number(other.score)}`), ...pictured(prompt, other.boxes, model));
    if (other.said.length > 1) add(side, ...other.said.map(turn));
    else add(side, marked(other.calls || said(other), prompt.gold || prompt.reference));
    if (other.calls) add(side, add(make("details"), make("summary", "as it was written"), make("pre", said(other))));
    add(node, side);
  }
  return node;
}
// The picture of a prompt with boxes on it, thousandths of its width and height.
function pictured(prompt, boxes, whose) {
  if (prompt.picture === undefined) return [];
  const told = `${boxes.length} ${boxes.length === 1 ? "box" : "boxes"}`, image = make("img"), frame = make("div", null, "picture");
  image.src = DATA.pictures[prompt.picture];
  image.alt = visible(`${prompt.picture} with ${told} of ${whose}`);
  const over = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  over.setAttribute("viewBox", "0 0 1000 1000");
  over.setAttribute("preserveAspectRatio", "none");
  over.setAttribute("aria-hidden", "true");
  for (const [x1, y1, x2, y2] of boxes) {
    const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({ x: x1, y: y1, width: x2 - x1, height: y2 - y1 })) box.setAttribute(name, value);
    add(over, box);
  }
  return [add(frame, image, over), make("p", told, "soft")];
}
function signals(row) {
  const table = make("table"), head = add(make("tr"), make("th", "part or metric"), make("th", "value"), make("th", "reason"));
  add(table, head);
  for (const [name, value] of Object.entries(row.signals)) {
    const kind = row.parts.includes(name) ? "" : " (metric)";
    add(table, add(make("tr"), make("td", name + kind), make("td", value === null ? "not measured" : number(value), "n"), make("td", row.why[name] || "")));
  }
  return add(make("div", null, "scroll"), table);
}
function grouped(group, row) {
  const table = make("table");
  add(table, add(make("tr"), ...["sample", "score", "advantage", "completion"].map((name) => make("th", name))));
  for (const other of [...group].sort((a, b) => (b.score || 0) - (a.score || 0) || a.index - b.index)) {
    const open = make("button", other.sample === undefined ? other.line : other.sample, "link");
    open.setAttribute("aria-label", `open completion ${visible(open.textContent)}`);
    open.addEventListener("click", () => choose(other));
    const away = make("td", other.adv === null ? "–" : (other.adv > 0 ? "+" : "") + number(other.adv), "n " + (other.adv > 0 ? "up" : other.adv < 0 ? "down" : ""));
    add(table, add(make("tr", null, other === row ? "here" : ""), add(make("td"), open), make("td", number(other.score), "n"), away, make("td", said(other).slice(0, 160))));
  }
  return add(make("div", null, "scroll"), table);
}

// --- what differs from the reference -------------------------------------------------------------------------------
function laidOut(text) {
  try { const value = JSON.parse(text); return typeof value === "object" && value !== null ? inLine(JSON.stringify(value, null, 1)) : text; } catch { return text; }
}
// A list of numbers, such as the corners of a box, on one line; a text within JSON holds no line end of its own.
const inLine = (text) => text.replace(/\[\n\s*(-?\d[^[\]{}"]*?)\s*\n\s*\]/g, (_, numbers) => `[${numbers.split(/,\s*/).join(", ")}]`);
const tokens = (text) => text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) || [];
function marked(text, reference) {
  const node = make("pre");
  if (!reference || !text) { node.textContent = visible(text || "(empty)"); return node; }
  for (const [kind, part] of differences(tokens(laidOut(reference)), tokens(laidOut(text)))) {
    add(node, kind === "same" ? document.createTextNode(visible(part)) : make(kind, part));
  }
  return node;
}
function differences(before, after) {
  let start = 0, end = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  while (end < before.length - start && end < after.length - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const a = before.slice(start, before.length - end), b = after.slice(start, after.length - end), parts = [];
  const put = (kind, text) => { if (!text) return; if (parts.length && parts[parts.length - 1][0] === kind) parts[parts.length - 1][1] += text; else parts.push([kind, text]); };
  put("same", before.slice(0, start).join(""));
  if (a.length > MOST_TOKENS || b.length > MOST_TOKENS) { put("del", a.join("")); put("ins", b.join("")); }
  else walk(a, b, put);
  put("same", before.slice(before.length - end).join(""));
  return parts;
}
function walk(a, b, put) {
  const wide = b.length + 1, lengths = new Uint16Array((a.length + 1) * wide);
  for (let i = a.length - 1; i >= 0; i--) for (let j = b.length - 1; j >= 0; j--) {
    lengths[i * wide + j] = a[i] === b[j] ? lengths[(i + 1) * wide + j + 1] + 1 : Math.max(lengths[(i + 1) * wide + j], lengths[i * wide + j + 1]);
  }
  let i = 0, j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { put("same", a[i]); i++; j++; }
    else if (j >= b.length || i < a.length && lengths[(i + 1) * wide + j] >= lengths[i * wide + j + 1]) put("del", a[i++]);
    else put("ins", b[j++]);
  }
}

// --- address, keys, copying ----------------------------------------------------------------------------------------
function json(row) {
  const { index, place, text, p, g, m, adv, why, said: turns, asked: own, ...rest } = row;
  const prompt = own ? { ...PROMPTS[p], turns: own } : PROMPTS[p];
  return JSON.stringify({ model: m, ...rest, advantage: adv, reasons: why, prompt, completion: turns }, null, 2);
}
async function copyText(text, button) {
  let done = true;
  try { await navigator.clipboard.writeText(text); } catch {
    const area = make("textarea");
    area.value = text;
    document.body.appendChild(area);
    area.select();
    done = document.execCommand("copy");
    area.remove();
  }
  if (button) { const before = button.textContent; button.textContent = done ? "Copied" : "Not allowed here"; setTimeout(() => { button.textContent = before; }, 1200); }
}
let later = 0;
function remember() { clearTimeout(later); later = setTimeout(rememberNow, 150); }  // a browser takes 200 changes in 30 s
function rememberNow() {
  clearTimeout(later);
  const state = new URLSearchParams();
  for (const name of FIELDS) if ($(name).value && !(name === "sort" && $(name).value === "file")) state.set(name, $(name).value);
  if ($("once").checked) state.set("once", "1");
  if (chosen) state.set("row", String(chosen.index));
  history.replaceState(null, "", "#" + state);
}
function recall() {
  const state = new URLSearchParams(location.hash.slice(1));
  for (const name of FIELDS) { if (name === "value") fillValues(); $(name).value = state.get(name) || (name === "sort" ? "file" : ""); }
  $("once").checked = state.has("once");
  const wanted = state.get("row");
  chosen = wanted === null ? null : ROWS[Number(wanted)] || null;
  if (chosen) show();
  refresh();
  if (chosen) choose(chosen);
}
function move(by) {
  const place = shown.indexOf(chosen) + by;
  if (place >= 0 && place < shown.length) choose(shown[place]);
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target.matches("input, select")) { event.target.blur(); return; }
  if (event.target.matches("input, select, textarea") || $("keys").open) return;
  const keys = { j: () => move(1), k: () => move(-1), "/": () => $("q").focus(), f: () => $("f").focus(), "?": () => $("keys").showModal(), c: () => chosen && copyText(json(chosen)) };
  if (event.target === $("list")) { keys.ArrowDown = keys.j; keys.ArrowUp = keys.k; }
  if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
});
$("list").addEventListener("scroll", () => draw(), { passive: true });
window.addEventListener("resize", () => draw());
window.addEventListener("hashchange", recall);
$("help").addEventListener("click", () => $("keys").showModal());
$("reset").addEventListener("click", () => { for (const name of FIELDS) $(name).value = name === "sort" ? "file" : ""; $("once").checked = false; fillValues(); refresh(); });
$("slice").addEventListener("input", () => { fillValues(); refresh(); });
$("sort").addEventListener("input", () => {
  $("once").checked = ["worst", "changed", "fell", "varied"].includes($("sort").value);  // no prompt fills the list alone
  chosen = null;
  $("list").scrollTop = 0;
  refresh();
});
for (const name of [...FIELDS.filter((name) => name !== "slice" && name !== "sort"), "once"]) $(name).addEventListener("input", refresh);
fillControls();
recall();
