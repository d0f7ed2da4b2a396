// The live stream: rows come in at the top, and stand still while somebody points at them.
"use strict";

const table = document.getElementById("stream");
const body = table.tBodies[0];
const state = document.getElementById("stream-state");
const pause = document.getElementById("pause");
const ROWS = Number(table.dataset.rows);

let waiting = [];
let held = 0;
let leftOut = 0;
let isPaused = false;
let isAway = false;

function made(name, text, kind) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (kind) element.className = kind;
  return element;
}

function number(value, digits, sign) {
  if (value === null) return "–";
  return (sign && value >= 0 ? "+" : "") + value.toFixed(digits);
}

function cell(row, kind, ...parts) {
  const td = made("td", undefined, kind);
  td.append(...parts);
  row.append(td);
}

function time(unix_s) {
  if (unix_s === null) return "–";
  const written = new Date(1000 * unix_s).toISOString();
  const element = made("time", written.slice(11, 19));
  element.dateTime = written;
  return element;
}

function score(value) {
  if (value === null) return [made("span", "–", "none")];
  const meter = made("meter");
  meter.max = 1;
  meter.value = value;
  meter.setAttribute("aria-label", `score ${value.toFixed(2)}`);
  return [meter, ` ${value.toFixed(2)}`];
}

function rowOf(alert) {
  const row = made("tr", undefined, "fresh");
  cell(row, "", time(alert.published_unix_s));
  const link = made("a", alert.object_id || "(no id)");
  link.href = `/alert?${new URLSearchParams({ id: alert.alert_id, object: alert.object_id })}`;
  cell(row, "", link);
  const band = made("span", alert.band || "?", "band");
  band.dataset.band = alert.band;
  const error = alert.magnitude_err === null ? "" : made("small", ` ± ${alert.magnitude_err.toFixed(2)}`);
  cell(row, "n", number(alert.magnitude, 2), error, " ", band);
  cell(row, "", ...score(alert.real));
  const kind = alert.class ? [`${alert.class} `, made("small", number(alert.chance, 2))] : [made("span", "–", "none")];
  cell(row, "", ...kind);
  cell(row, "chips", ...alert.filters.flatMap((name) => [made("span", name, "chip"), " "]));
  cell(row, "n place", `${number(alert.ra_deg, 3)} ${number(alert.dec_deg, 3, true)}`);
  return row;
}

function isHeld() {
  return isPaused || table.matches(":hover, :focus-within");
}

function tell() {
  const left = leftOut ? `; ${leftOut.toLocaleString("en")} left out, as this page was too slow` : "";
  if (isAway) state.textContent = "the portal does not answer; trying again";
  else if (isHeld()) state.textContent = `paused${held ? `, ${held.toLocaleString("en")} more came` : ""}${left}`;
  else state.textContent = `live${left}`;
}

function show() {
  if (!isHeld() && waiting.length) {
    document.getElementById("stream-empty").hidden = true;
    for (const row of body.querySelectorAll(".fresh")) row.classList.remove("fresh");
    body.prepend(...waiting.reverse().map(rowOf));
    while (body.rows.length > ROWS) body.lastElementChild.remove();
    waiting = [];
    held = 0;
  }
  tell();
}

const source = new EventSource(`/api/v1/stream?${new URLSearchParams({ topic: table.dataset.topic })}`);
source.addEventListener("alerts", (event) => {
  const told = JSON.parse(event.data);
  waiting = [...waiting, ...told.rows].slice(-ROWS);
  held += told.rows.length + told.more;
});
source.addEventListener("left_out", (event) => {
  leftOut += JSON.parse(event.data).alerts;
});
source.addEventListener("open", () => { isAway = false; tell(); });
source.addEventListener("error", () => { isAway = true; tell(); });

setInterval(show, 250);
function toggle() {
  isPaused = !isPaused;
  pause.textContent = isPaused ? "Go on" : "Pause";
  pause.setAttribute("aria-pressed", isPaused);
  show();
}
pause.hidden = false;
pause.addEventListener("click", toggle);
document.addEventListener("keydown", (event) => {
  if (event.key === "p" && !event.target.closest("input, textarea, select") && !event.ctrlKey && !event.metaKey) toggle();
});
addEventListener("pagehide", () => source.close());
