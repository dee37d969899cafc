"use strict";
// The expressions of rft/filtering.py, read alike: tests/fixtures/filters.json holds both to the same cases. No eval.
const FILTERS = (() => {
  const FACTS = ["score", "advantage", "model", "step", "sample", "id", "prompt", "completion", "reference", "reason", "ungradable", "finish_reason",
    "temperature", "seed", "seconds", "line"];
  const KINDS = ["part", "metric", "tokens", "row"], WORDS = ["and", "or", "not", "in"], COMPARE = ["==", "!=", "<", "<=", ">", ">=", "~"];
  const MOST_CHARACTERS = 1000, MOST_DEPTH = 50, MOST_NAMED = 12, NEAR = 1e-9;
  const NUMBER = String.raw`-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?`;
  const IS_NUMBER = new RegExp(`^[ \\t\\n\\r\\f\\v]*${NUMBER}[ \\t\\n\\r\\f\\v]*$`);
  const TOKEN = new RegExp(`(?<number>${NUMBER})(?![A-Za-z0-9_.])|(?<text>"(?:[^"\\\\]|\\\\[^])*"|'(?:[^'\\\\]|\\\\[^])*')`
    + String.raw`|(?<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_][A-Za-z0-9_/.-]*)?)|(?<mark>==|!=|<=|>=|[<>~(),\[\]])`, "y");
  const LITERALS = new Map([["true", "true"], ["false", "false"], ["null", null]]);
  const MEANT = new Map([["&", "and"], ["|", "or"], ["!", "not or !="], ["=", "=="]]);

  class FilterError extends Error {
    constructor(message, at) { super(`character ${at + 1}: ${message}`); this.at = at; }
  }
  function strange(mark) {
    if (MEANT.has(mark)) return `\`${mark}\` is not known here; write ${MEANT.get(mark)}`;
    if (mark === "\"" || mark === "'") return "this text has no closing quote";
    if (mark >= "0" && mark <= "9") return "this is no number; a text stands in quotes";
    return `\`${mark}\` is not known here; a text stands in quotes`;
  }
  function tokensOf(text) {
    const found = [], placed = (at) => [...text.slice(0, at)].length;  // in characters, as Python counts them
    let at = 0;
    while (at < text.length) {
      if (" \t\n\r".includes(text[at])) { at += 1; continue; }
      TOKEN.lastIndex = at;
      const match = TOKEN.exec(text);
      if (!match) throw new FilterError(strange(String.fromCodePoint(text.codePointAt(at))), placed(at));
      const kind = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
      found.push({ kind: kind === "name" && WORDS.includes(match[0]) ? "word" : kind, text: match[0], at: placed(at) });
      at = TOKEN.lastIndex;
    }
    return [...found, { kind: "end", text: "", at: placed(at) }];
  }
  const unquoted = (text) => text.slice(1, -1).replace(/\\([^])/g, (_, mark) => ({ n: "\n", t: "\t" })[mark] || mark);
  const numberOf = (value) => typeof value !== "string" ? value : IS_NUMBER.test(value) ? Number(value) : null;
  function compared(left, operator, right) {
    if (left === null || right === null) return false;
    const texts = typeof left === "string" && typeof right === "string";
    if (operator === "~") return texts && left.toLowerCase().includes(right.toLowerCase());
    if (texts) return (operator === "==" || operator === "!=") && (left === right) === (operator === "==");
    const first = numberOf(left), second = numberOf(right);
    if (first === null || second === null) return operator === "!=";
    const same = Math.abs(first - second) <= NEAR;
    if (operator === "==" || operator === "!=") return same === (operator === "==");
    const less = operator[0] === "<" ? first < second : first > second;
    return operator.endsWith("=") ? less || same : less && !same;
  }
  const of = (operand, value) => operand.name ? value(operand.name) : operand.literal;
  function pair(left, operator, right) {
    if ((operator === "==" || operator === "!=") && [left, right].some((side) => !side.name && side.literal === null)) {
      return (value) => ((of(left, value) === null) === (of(right, value) === null)) === (operator === "==");
    }
    return (value) => compared(of(left, value), operator, of(right, value));
  }

  function parse(text) {
    if ([...text].length > MOST_CHARACTERS) throw new FilterError("an expression has at most 1,000 characters", MOST_CHARACTERS);
    if (/^[ \t\n\r]*$/.test(text)) return { fits: () => true, names: [] };
    const tokens = tokensOf(text), names = [];
    let place = 0, depth = 0;
    const refuse = (message, token) => { throw new FilterError(message, token.at); };
    const took = (mark) => ["word", "mark"].includes(tokens[place].kind) && tokens[place].text === mark && ++place > 0;
    const close = (mark) => took(mark) || refuse(`\`${mark}\` is missing`, tokens[place]);
    function joined(word, read, every) {
      const found = [read()];
      while (took(word)) found.push(read());
      return found.length === 1 ? found[0] : (value) => every ? found.every((one) => one(value)) : found.some((one) => one(value));
    }
    const condition = () => joined("or", () => joined("and", one, true), false);
    function one() {
      if (++depth > MOST_DEPTH) refuse(`more than ${MOST_DEPTH} conditions are nested`, tokens[place]);
      const found = nested();
      depth -= 1;
      return found;
    }
    function nested() {
      if (took("not")) { const inner = one(); return (value) => !inner(value); }
      if (!took("(")) return comparison();
      const inside = condition();
      close(")");
      return inside;
    }
    function comparison() {
      const begin = tokens[place], pairs = [];
      let left = operand();
      if (took("in")) return within(left, true);
      if (tokens[place].text === "not" && tokens[place + 1].text === "in") { place += 2; return within(left, false); }
      while (tokens[place].kind === "mark" && COMPARE.includes(tokens[place].text)) {
        const operator = tokens[place++].text, right = operand();
        pairs.push(pair(left, operator, right));
        left = right;
      }
      const what = begin.text + (tokens[place - 1].text === "]" ? "[...]" : "");
      if (!pairs.length) refuse(`\`${what}\` alone is no condition; compare it, as in score < 0.5`, begin);
      return pairs.length === 1 ? pairs[0] : (value) => pairs.every((one) => one(value));
    }
    function within(left, wanted) {
      if (!took("(")) refuse("after in stand values in brackets, as in model in (\"base\", \"rft\")", tokens[place]);
      const choices = [literal()];
      while (took(",")) choices.push(literal());
      close(")");
      const pairs = choices.map((choice) => pair(left, "==", choice));
      return (value) => { const found = pairs.some((one) => one(value)); return wanted ? found : !found && of(left, value) !== null; };
    }
    function literal() {
      const token = tokens[place], found = operand();
      if (found.name) refuse(`\`${token.text}\` is a name; in brackets stand numbers and texts in quotes`, token);
      return found;
    }
    function operand() {
      const token = tokens[place++];
      if (token.kind === "number") return { literal: Number(token.text) };
      if (token.kind === "text") return { literal: unquoted(token.text) };
      if (token.kind !== "name") refuse(`a name, a number or a text in quotes belongs before ${token.text ? `\`${token.text}\`` : "the end"}`, token);
      if (LITERALS.has(token.text)) return { literal: LITERALS.get(token.text) };
      const name = named(token, took("[") ? key() : null);
      names.push([name, token.at]);
      return { name };
    }
    function key() {
      const token = tokens[place++];
      if (token.kind !== "text") refuse("in square brackets stands a key in quotes, as in part[\"my part\"]", token);
      close("]");
      return unquoted(token.text);
    }
    function named(token, key) {
      const dot = token.text.indexOf("."), kind = dot < 0 ? token.text : token.text.slice(0, dot);
      if (key === null && dot < 0) return FACTS.includes(kind) ? kind : `row.${kind}`;
      if (!KINDS.includes(kind)) refuse(`\`${kind}\` has no keys; ${KINDS.join(", ")} have`, token);
      return `${kind}.${key === null ? token.text.slice(dot + 1) : key}`;
    }
    const fits = condition();
    if (tokens[place].kind !== "end") refuse(`\`${tokens[place].text}\` does not fit here; join conditions with and, or`, tokens[place]);
    return { fits, names };
  }
  // Refuses the first name that no rollout has; `known` are those that some rollout has, beside the facts.
  function check(filter, known) {
    for (const [name, at] of filter.names) if (!FACTS.includes(name) && !known.includes(name)) throw new FilterError(unknown(name, known), at);
  }
  function unknown(name, known) {
    const dot = name.indexOf("."), kind = name.slice(0, dot), same = known.filter((other) => other.startsWith(`${kind}.`));
    const listed = same.length ? `; there are ${same.slice(0, MOST_NAMED).map(written).join(", ")}` : `; none has a ${kind}`;
    const more = same.length > MOST_NAMED ? ` and ${same.length - MOST_NAMED} more` : "";
    return `no rollout has \`${kind === "row" ? name.slice(dot + 1) : name}\`${listed}${more}${kind === "row" ? "; a text stands in quotes" : ""}`;
  }
  // A name as an expression holds it.
  function written(name) {
    const dot = name.indexOf("."), kind = name.slice(0, dot), key = name.slice(dot + 1);
    if (dot < 0) return name;
    if (!/^[A-Za-z0-9_][A-Za-z0-9_/.-]*$/.test(key)) return `${kind}["${key.replace(/(["\\])/g, "\\$1")}"]`;
    const bare = /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) && ![...FACTS, ...WORDS, ...LITERALS.keys()].includes(key);
    return kind === "row" && bare ? key : name;
  }
  return { FACTS, KINDS, FilterError, check, parse, written };
})();
