// The editor of a filter: completion, errors where they stand, alerts by hand, nights, deployment.
"use strict";

const box = document.getElementById("editor");
const at = (id) => document.getElementById(id);
const text = at("text");
const STORE = `filter:${box.dataset.deployed}`;
const SHOWN = 8;
let vocabulary = [];
let offered = [];
let chosen = 0;
let mistakes = [];
let trialTimer = null;
let checkNumber = 0;

function made(name, said, kind) {
  const element = document.createElement(name);
  if (said !== undefined) element.textContent = said;
  if (kind) element.className = kind;
  return element;
}

async function send(path, fields) {
  const headers = { "Content-Type": "application/json" };
  if (document.body.dataset.csrf) headers["X-CSRF"] = document.body.dataset.csrf;
  try {
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(fields) });
    return await answer.json();
  } catch {
    return { error: "the portal does not answer; try again" };
  }
}

const draft = () => ({ name: at("name").value, text: text.value, form: at("form").value, alerts: at("alerts").value });

// Completion: the word before the caret, and what begins with it, or holds it.
const word = () => (text.value.slice(0, text.selectionStart).match(/[A-Za-z_][A-Za-z0-9_]*$/) ?? [""])[0];

function ranked(sought) {
  const low = sought.toLowerCase();
  const begin = vocabulary.filter((each) => each.word.toLowerCase().startsWith(low));
  const within = vocabulary.filter((each) => !each.word.toLowerCase().startsWith(low) && each.word.toLowerCase().includes(low));
  return [...begin, ...within];
}

function offer(always) {
  const sought = word();
  const found = always || sought.length > 1 ? ranked(sought).slice(0, SHOWN) : [];
  offered = found.length === 1 && found[0].word === sought ? [] : found;
  chosen = 0;
  show();
}

function show() {
  at("words").replaceChildren(...offered.map((each, place) => {
    const item = made("li", each.word);
    item.id = `word-${place}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", place === chosen);
    item.addEventListener("mousedown", (event) => { event.preventDefault(); chosen = place; take(); });
    return item;
  }));
  const one = offered[chosen];
  at("word-about").textContent = one ? `${one.kind}: ${one.about}` : "";
  if (one) text.setAttribute("aria-activedescendant", `word-${chosen}`);
  else text.removeAttribute("aria-activedescendant");
}

function take() {
  const one = offered[chosen];
  const end = text.selectionStart;
  text.setRangeText(one.word, end - word().length, end, "end");
  const open = one.word.indexOf("(");
  if (one.kind === "function" && open > 0) {
    const begin = text.selectionEnd - one.word.length;
    text.setSelectionRange(begin + open + 1, text.selectionEnd - 1);
  }
  offered = [];
  show();
  changed();
  text.focus();
}

function key(event) {
  if (event.key === " " && event.ctrlKey) { event.preventDefault(); offer(true); return; }
  if (!offered.length) return;
  const step = { ArrowDown: 1, ArrowUp: offered.length - 1 }[event.key];
  if (step) { chosen = (chosen + step) % offered.length; show(); }
  else if (event.key === "Enter" || event.key === "Tab") take();
  else if (event.key === "Escape") { offered = []; show(); }
  else return;
  event.preventDefault();
}

// Errors: the place is underlined in a copy of the text that lies under it.
function underline() {
  const parts = text.value.split("\n").map((line, row) => {
    const found = mistakes.find((each) => each.line === row + 1);
    const piece = made("span");
    if (!found) { piece.textContent = `${line}\n`; return piece; }
    const begin = Math.max(0, found.column - 1);
    const length = found.column ? Math.max(1, (line.slice(begin).match(/^[A-Za-z0-9_]+/) ?? [""])[0].length) : line.length;
    piece.append(line.slice(0, begin), made("mark", line.slice(begin, begin + length) || " "), `${line.slice(begin + length)}\n`);
    return piece;
  });
  at("under").replaceChildren(...parts);
  at("under").scrollTop = text.scrollTop;
}

function goTo(mistake) {
  const before = text.value.split("\n").slice(0, mistake.line - 1).join("\n").length;
  const place = before + (mistake.line > 1 ? 1 : 0) + Math.max(0, mistake.column - 1);
  text.focus();
  text.setSelectionRange(place, place);
}

function tell(found) {
  mistakes = found.error ? [{ line: 0, column: 0, said: found.error }] : found.mistakes;
  at("mistakes").replaceChildren(...mistakes.map((each) => {
    const line = made("p", undefined, "mistake");
    if (each.line) {
      const link = made("button", `line ${each.line}${each.column ? `, ${each.column}` : ""}`);
      link.type = "button";
      link.addEventListener("click", () => goTo(each));
      line.append(link, " ");
    }
    line.append(each.said);
    return line;
  }));
  if (!mistakes.length) at("mistakes").replaceChildren(made("p", "It can be read.", "yes"));
  underline();
  byHand(found.tried ?? []);
  deployable(found);
}

function table(heads, rows) {
  const found = made("table", undefined, "plain");
  const head = found.createTHead().insertRow();
  for (const [name, kind] of heads) head.append(made("th", name, kind));
  const body = found.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach((cell, place) => {
      const td = made("td", undefined, heads[place][1]);
      td.append(...[cell].flat());
      line.append(td);
    });
  }
  return found;
}

function titled(title, heads, rows) {
  const box = made("div", undefined, "scroll");
  box.tabIndex = 0;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", title);
  box.append(table(heads, rows));
  return [made("h3", title), box];
}

function byHand(tried) {
  const rows = tried.map((each) => {
    const decides = each.clauses.find((one) => one.decides) ?? each.clauses.find((one) => one.clause === each.said);
    const said = each.fault || (each.said === "selected" ? "selected" : `refused by ${each.said}`);
    const met = each.fault ? "" : each.expected ? (each.is_met ? "as expected" : `expected ${each.expected}`) : "";
    return [String(each.line), made("span", said, each.fault ? "no" : ""), made("span", met, each.is_met ? "yes" : "no"), decides ? decides.read.join(", ") : ""];
  });
  at("tried").replaceChildren(...(rows.length ? [table([["Line", "n"], ["The filter", ""], ["Expected", ""], ["What was read", ""]], rows)] : []));
}

function deployable(found) {
  const button = at("deploy");
  if (!button) return;
  const sound = !mistakes.length;
  const against = found.objections ?? [];
  at("objections").textContent = !sound ? "It cannot be read yet." : found.is_live ? "This very filter is live."
    : against.length ? `Against it: ${against.join("; ")}.` : `Nothing speaks against it: ${found.dry_run.selected.toLocaleString("en")} of ${found.dry_run.alerts.toLocaleString("en")} alerts of its dry run passed.`;
  button.disabled = !sound || found.is_live || (against.length > 0 && !at("force").checked);
  button.onclick = deploy;
}

async function check() {
  const number = ++checkNumber;
  const found = await send("/api/v1/filter/check", draft());
  if (number === checkNumber) tell(found);
}

let waiting = null;
function changed() {
  localStorage.setItem(STORE, JSON.stringify(draft()));
  underline();
  clearTimeout(waiting);
  waiting = setTimeout(check, 250);
}

// Nights of the lake.
async function tryIt() {
  const began = await send("/api/v1/filter/try", { ...draft(), from: at("from").value, to: at("to").value });
  if (began.error) { at("trial-state").textContent = began.error; return; }
  at("report").replaceChildren();
  at("try").disabled = true;
  at("cancel").hidden = at("progress").hidden = false;
  at("cancel").onclick = () => send("/api/v1/filter/cancel", { id: String(began.trial) });
  trialTimer = setInterval(() => look(began.trial), 300);
}

async function look(trial) {
  let found;
  try {
    found = await (await fetch(`/api/v1/filter/trial?id=${trial}`)).json();
  } catch { return; }
  if (trialTimer === null) return;
  at("progress").value = found.done;
  at("trial-state").textContent = found.alerts ? `${found.alerts.toLocaleString("en")} alerts` : "begins";
  if (!found.is_over && !found.error?.length) return;
  clearInterval(trialTimer);
  trialTimer = null;
  at("try").disabled = false;
  at("cancel").hidden = at("progress").hidden = true;
  at("trial-state").textContent = found.error ?? "";
  if (found.report) report(found.report);
  check();
}

const count = (value) => value.toLocaleString("en");
const percent = (value) => `${(100 * value).toPrecision(2)} %`;

function report(found) {
  const parts = [made("p", `${count(found.selected)} of ${count(found.alerts)} alerts pass, ${percent(found.pass_rate)}; ${found.cost_us === null ? "" : `${found.cost_us.toFixed(2)} µs an alert`}`)];
  if (found.looks_ahead) parts.push(made("p", "It looks ahead: it uses what was not known at the alert’s time.", "no"));
  for (const each of found.troubles) parts.push(made("p", `${count(each.alerts)} alerts at fault: ${each.said}`, "no"));
  if (found.compared) parts.push(made("p", `Beside ${found.compared.with}, which is live: both take ${count(found.compared.both)}, it alone ${count(found.compared.only_live)}, this one alone ${count(found.compared.only_new)}.`));
  parts.push(...titled(
    "Clause by clause",
    [["Clause", ""], ["reach it", "n"], ["refused", "n"], ["not measured", "n"], ["go on", "n"], ["of all", "water"], ["alone it passes", "n"]],
    found.steps.map((each) => [each.clause, count(each.reached), count(each.refused), count(each.unknown), count(each.passed), meter(each.passed, found.alerts), count(each.alone)]),
  ));
  if (found.nights.length > 1) parts.push(...titled("Night by night", [["Night", ""], ["alerts", "n"], ["selected", "n"]], found.nights.map((each) => [each.night, count(each.alerts), count(each.selected)])));
  if (found.examples.length) parts.push(...titled("Examples", [["Object", ""], ["Magnitude", "n"], ["MJD", "n"], ["RA, Dec °", "n"]], found.examples.map(example)));
  at("report").replaceChildren(...parts);
}

function meter(value, most) {
  const found = made("meter");
  found.max = Math.max(1, most);
  found.value = value;
  found.setAttribute("aria-label", `${count(value)} go on`);
  return found;
}

function example(each) {
  const link = made("a", each.object_id || "(no id)");
  link.href = `/alert?${new URLSearchParams({ id: each.alert_id, object: each.object_id })}`;
  const number = (value, digits) => (value === null ? "–" : value.toFixed(digits));
  return [link, `${number(each.magnitude, 2)} ${each.band}`, number(each.mjd, 4), `${number(each.ra_deg, 4)} ${number(each.dec_deg, 4)}`];
}

// Deployment.
async function deploy() {
  at("deploy").disabled = true;
  at("deployed").textContent = "Workers are told …";
  const found = await send("/api/v1/filter/deploy", { ...draft(), force: at("force").checked });
  at("deployed").replaceChildren(found.error ?? found.said.join("; "));
  if (!found.error) {
    localStorage.removeItem(STORE);
    const link = made("a", "its page");
    link.href = `/filter?${new URLSearchParams({ name: found.name })}`;
    at("deployed").append(" ", link);
  }
  check();
}

async function change(event) {
  const state = event.target.dataset.change;
  const found = await send("/api/v1/filter/change", { name: box.dataset.deployed, state, reason: at("reason").value });
  if (found.error) at("changed").textContent = found.error;
  else location.reload();
}

function lookUp() {
  const found = ranked(at("lookup").value.trim()).slice(0, 60);
  at("lookup-found").replaceChildren(...found.flatMap((each) => {
    const name = made("dt");
    name.append(made("code", each.word), " ", made("small", each.kind));
    return [name, made("dd", each.about)];
  }));
}

async function begin() {
  const kept = JSON.parse(localStorage.getItem(STORE) ?? "null");
  if (kept) {
    if (!box.dataset.deployed) at("name").value = kept.name;
    [text.value, at("alerts").value] = [kept.text, kept.alerts];
  }
  check();
  vocabulary = await (await fetch("/api/v1/vocabulary")).json();
  lookUp();
}

text.addEventListener("input", () => { offer(false); changed(); });
text.addEventListener("keydown", key);
text.addEventListener("scroll", () => { at("under").scrollTop = text.scrollTop; });
text.addEventListener("blur", () => { offered = []; show(); });
for (const id of ["name", "form", "alerts"]) at(id).addEventListener("input", changed);
at("force")?.addEventListener("change", check);
at("try")?.addEventListener("click", tryIt);
at("lookup").addEventListener("input", lookUp);
for (const each of document.querySelectorAll("[data-change]")) each.addEventListener("click", change);
begin();
