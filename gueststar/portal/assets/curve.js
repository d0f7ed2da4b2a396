// A light curve: points and limits by band, in magnitudes or flux; drag to zoom, point to read.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const MARKS = {
  u: "M0-5v10M-5 0h10", g: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", r: "M-3.6-3.6h7.2v7.2h-7.2z",
  i: "M0-5l5 5-5 5-5-5z", z: "M-5 0l2.5-4.3h5l2.5 4.3-2.5 4.3h-5z", y: "M-4-4l8 8M4-4l-8 8",
  Y: "M0-5l1.5 3.5h3.5l-2.7 2.4 1 4-3.3-2.3-3.3 2.3 1-4-2.7-2.4h3.5z", J: "M0-5l4.6 8h-9.2z",
  H: "M-5 0l8-4.6v9.2z", K: "M5 0l-8-4.6v9.2z", "": "M-4-4h8l-4 7z",
};
const LIMIT = "M-4-2.5h8l-4 6z";
const ORDER = "ugrizyYJHK";
const FIVE_SIGMA_ZERO = 31.4; // AB magnitude of one nJy.
const PAD = { left: 62, right: 14, top: 12, bottom: 40 };
const NEAR = 28;

function svg(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function pointsOf(rows) {
  return rows.flatMap((row) => {
    const five = row.flux_err_njy > 0 ? FIVE_SIGMA_ZERO - 2.5 * Math.log10(5 * row.flux_err_njy) : null;
    const point = {
      mjd: row.mjd, band: row.band, forced: row.forced,
      isLimit: !row.detected || row.magnitude === null,
      fading: row.flux_njy < 0,
      flux: row.flux_njy === null ? null : row.flux_njy / 1000,
      fluxError: row.flux_err_njy === null ? null : row.flux_err_njy / 1000,
      magnitude: row.detected ? row.magnitude : null, error: row.magnitude_err,
      limit: row.limit_mag ?? five,
    };
    return point.mjd === null ? [] : [point];
  });
}

function ticks(low, high, wanted) {
  const rough = (high - low) / wanted || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((each) => each * power >= rough);
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) found.push(at);
  return { found, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
}

function date(mjd) {
  return new Date((mjd - 40587) * 86400000).toISOString();
}

class Curve {
  constructor(figure, points, isCut) {
    this.figure = figure;
    this.points = points.sort((a, b) => a.mjd - b.mjd);
    this.now = Number(figure.dataset.mjd);
    this.isFlux = false;
    this.axis = "days";
    this.off = new Set();
    this.view = null;
    this.at = -1;
    this.build(isCut);
    this.draw();
    new ResizeObserver(() => this.draw()).observe(figure);
  }

  build(isCut) {
    const tools = document.createElement("div");
    tools.className = "tools";
    const bands = [...new Set(this.points.map((each) => each.band))];
    bands.sort((a, b) => ORDER.indexOf(a || "K") - ORDER.indexOf(b || "K"));
    for (const band of bands) tools.append(this.bandButton(band));
    const gap = document.createElement("span");
    gap.className = "gap";
    this.unit = this.button("flux", () => { this.isFlux = !this.isFlux; this.view = null; this.draw(); });
    this.time = this.button("dates", () => { this.axis = { days: "dates", dates: "MJD", MJD: "days" }[this.axis]; this.draw(); });
    this.all = this.button("all", () => { this.view = null; this.draw(); });
    tools.append(gap, this.unit, this.time, this.all);
    this.svg = svg("svg", { tabindex: "0", role: "img", "aria-label": "Light curve; arrow keys go from point to point" });
    this.tip = document.createElement("output");
    this.tip.className = "tip";
    this.hint = `${this.points.length} points${isCut ? ", the first of more" : ""}; filled: detected, open: forced, ▽: upper limit at 5 σ. Drag to zoom, point to read.`;
    this.tip.textContent = this.hint;
    this.figure.replaceChildren(tools, this.svg, this.tip);
    this.svg.addEventListener("pointermove", (event) => this.moved(event));
    this.svg.addEventListener("pointerdown", (event) => this.pressed(event));
    this.svg.addEventListener("pointerup", (event) => this.released(event));
    this.svg.addEventListener("pointerleave", () => { if (!this.from) this.mark(-1); });
    this.svg.addEventListener("dblclick", () => { this.view = null; this.draw(); });
    this.svg.addEventListener("keydown", (event) => this.key(event));
  }

  button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  bandButton(band) {
    const made = this.button("", () => {
      this.off.has(band) ? this.off.delete(band) : this.off.add(band);
      made.setAttribute("aria-pressed", !this.off.has(band));
      this.draw();
    });
    made.dataset.band = band;
    made.setAttribute("aria-pressed", "true");
    made.append(svg("svg", { viewBox: "-6 -6 12 12", "aria-hidden": "true" }, svg("path", { d: MARKS[band] ?? MARKS[""] })), ` ${band || "?"}`);
    return made;
  }

  // What a point stands at, and the ends of its error; null where this scale does not show it.
  value(point) {
    if (this.isFlux) return point.flux;
    return point.isLimit ? point.limit : point.magnitude;
  }

  error(point) {
    if (this.isFlux) return point.fluxError;
    return point.isLimit ? null : point.error;
  }

  whole() {
    const shown = this.shown;
    const x = shown.map((each) => each.mjd);
    const low = shown.map((each) => this.value(each) - Math.min(this.error(each) ?? 0, this.isFlux ? Infinity : 1));
    const high = shown.map((each) => this.value(each) + Math.min(this.error(each) ?? 0, this.isFlux ? Infinity : 1));
    const wide = (a, b, least) => { const more = Math.max((b - a) * 0.05, least); return [a - more, b + more]; };
    return { x: wide(Math.min(...x), Math.max(...x), 0.5), y: wide(Math.min(...low), Math.max(...high), this.isFlux ? 1 : 0.15) };
  }

  draw() {
    this.width = Math.max(280, this.figure.clientWidth);
    this.height = Math.min(420, Math.max(240, this.width * 0.42));
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.shown = this.points.filter((each) => !this.off.has(each.band) && this.value(each) !== null);
    this.unit.textContent = this.isFlux ? "in magnitudes" : "in flux";
    this.time.textContent = `by ${{ days: "dates", dates: "MJD", MJD: "days" }[this.axis]}`;
    this.all.disabled = this.view === null;
    if (!this.shown.length) {
      this.svg.replaceChildren(svg("text", { x: 20, y: 40 }, "no point to show; switch a band on"));
      return;
    }
    this.box = this.view ?? this.whole();
    this.svg.replaceChildren(...this.axes(), ...this.marks());
    this.mark(-1);
  }

  x(mjd) {
    const [a, b] = this.box.x;
    return PAD.left + ((mjd - a) / (b - a)) * (this.width - PAD.left - PAD.right);
  }

  y(value) {
    const [a, b] = this.box.y;
    const part = this.isFlux ? (b - value) / (b - a) : (value - a) / (b - a);
    return PAD.top + part * (this.height - PAD.top - PAD.bottom);
  }

  axes() {
    const bottom = this.height - PAD.bottom, right = this.width - PAD.right;
    const made = [];
    const shift = this.axis === "days" ? this.now : 0;
    const across = ticks(this.box.x[0] - shift, this.box.x[1] - shift, this.width / 110);
    for (const at of across.found) {
      const x = this.x(at + shift);
      made.push(svg("path", { class: "grid", d: `M${x},${PAD.top}V${bottom}` }));
      const text = this.axis === "dates" ? date(at).slice(0, across.digits ? 16 : 10).replace("T", " ") : at.toFixed(across.digits);
      made.push(svg("text", { x, y: bottom + 16, "text-anchor": "middle" }, text));
    }
    const up = ticks(...this.box.y, this.height / 55);
    for (const at of up.found) {
      const y = this.y(at);
      made.push(svg("path", { class: "grid", d: `M${PAD.left},${y}H${right}` }));
      made.push(svg("text", { x: PAD.left - 7, y: y + 4, "text-anchor": "end" }, at.toFixed(up.digits)));
    }
    if (this.isFlux && this.box.y[0] < 0 && this.box.y[1] > 0) made.push(svg("path", { class: "zero", d: `M${PAD.left},${this.y(0)}H${right}` }));
    if (this.now >= this.box.x[0] && this.now <= this.box.x[1]) made.push(svg("path", { class: "now", d: `M${this.x(this.now)},${PAD.top}V${bottom}` }));
    made.push(svg("path", { class: "axis", d: `M${PAD.left},${PAD.top}V${bottom}H${right}` }));
    const name = { days: "days from this alert", dates: "UTC", MJD: "MJD" }[this.axis];
    made.push(svg("text", { x: (PAD.left + right) / 2, y: this.height - 6, "text-anchor": "middle" }, name));
    const middle = (PAD.top + bottom) / 2;
    made.push(svg("text", { x: 14, y: middle, transform: `rotate(-90 14 ${middle})`, "text-anchor": "middle" }, this.isFlux ? "difference flux, µJy" : "magnitude, AB"));
    return made;
  }

  marks() {
    const bottom = this.height - PAD.bottom, right = this.width - PAD.right;
    const inside = (x, y) => x >= PAD.left && x <= right && y >= PAD.top && y <= bottom;
    const made = [];
    for (const point of this.shown) {
      const x = this.x(point.mjd), y = this.y(this.value(point));
      point.x = x;
      point.y = y;
      point.inside = inside(x, y);
      if (!point.inside) continue;
      const group = svg("g", { "data-band": point.band in MARKS ? point.band : "" });
      const error = this.error(point);
      if (error) {
        const clip = (value) => Math.min(bottom, Math.max(PAD.top, this.y(value)));
        group.append(svg("path", { class: "error", d: `M${x},${clip(this.value(point) - error)}V${clip(this.value(point) + error)}` }));
      }
      const isLimit = point.isLimit && !this.isFlux;
      const kind = isLimit ? "limit" : point.forced ? "forced" : "";
      group.append(svg("path", { class: kind, d: isLimit ? LIMIT : MARKS[point.band] ?? MARKS[""], transform: `translate(${x},${y})` }));
      made.push(group);
    }
    this.seen = this.shown.filter((each) => each.inside);
    return made;
  }

  place(event) {
    const box = this.svg.getBoundingClientRect();
    return { x: ((event.clientX - box.left) / box.width) * this.width, y: ((event.clientY - box.top) / box.height) * this.height };
  }

  pressed(event) {
    if (event.button || !this.shown.length) return;
    this.from = this.place(event);
    this.svg.setPointerCapture(event.pointerId);
  }

  moved(event) {
    if (!this.seen) return;
    const at = this.place(event);
    if (this.from) {
      this.drag?.remove();
      const x = Math.min(at.x, this.from.x), y = Math.min(at.y, this.from.y);
      this.drag = svg("rect", { class: "drag", x, y, width: Math.abs(at.x - this.from.x), height: Math.abs(at.y - this.from.y) });
      this.svg.append(this.drag);
      return;
    }
    let best = -1, least = NEAR;
    this.seen.forEach((each, index) => {
      const apart = Math.hypot(each.x - at.x, each.y - at.y);
      if (apart < least) [least, best] = [apart, index];
    });
    this.mark(best);
  }

  released(event) {
    const from = this.from, to = this.place(event);
    this.from = null;
    this.drag?.remove();
    this.drag = null;
    if (!from || Math.abs(to.x - from.x) < 8 || Math.abs(to.y - from.y) < 8) return;
    const across = (x) => this.box.x[0] + ((x - PAD.left) / (this.width - PAD.left - PAD.right)) * (this.box.x[1] - this.box.x[0]);
    const up = (y) => {
      const part = (y - PAD.top) / (this.height - PAD.top - PAD.bottom);
      const [a, b] = this.box.y;
      return this.isFlux ? b - part * (b - a) : a + part * (b - a);
    };
    const sorted = (a, b) => (a < b ? [a, b] : [b, a]);
    this.view = { x: sorted(across(from.x), across(to.x)), y: sorted(up(from.y), up(to.y)) };
    this.draw();
  }

  key(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const zoom = { "+": 0.6, "=": 0.6, "-": 1 / 0.6 }[event.key];
    if (step && this.seen?.length) this.mark((this.at + step + this.seen.length) % this.seen.length);
    else if (zoom && this.box) this.zoom(zoom);
    else if (event.key === "0") { this.view = null; this.draw(); }
    else return;
    event.preventDefault();
  }

  zoom(by) {
    const around = this.seen?.[this.at];
    const scaled = ([a, b], middle) => [middle - (middle - a) * by, middle + (b - middle) * by];
    const middle = ([a, b]) => (a + b) / 2;
    this.view = { x: scaled(this.box.x, around?.mjd ?? middle(this.box.x)), y: scaled(this.box.y, around ? this.value(around) : middle(this.box.y)) };
    this.draw();
  }

  mark(index) {
    this.ring?.remove();
    this.at = index;
    const point = this.seen?.[index];
    this.tip.textContent = point ? this.said(point) : this.hint;
    if (!point) return;
    this.ring = svg("circle", { class: "ring", cx: point.x, cy: point.y, r: 8 });
    this.svg.append(this.ring);
  }

  said(point) {
    const plus = (value, error, digits, unit) => `${value.toFixed(digits)}${error ? ` ± ${error.toFixed(digits)}` : ""} ${unit}`;
    const words = [point.band || "unknown band"];
    if (point.isLimit) words.push(point.limit === null ? "not detected" : `fainter than ${point.limit.toFixed(2)} mag (5 σ)`);
    else words.push(plus(point.magnitude, point.error, 2, "mag"));
    if (point.flux !== null) words.push(plus(point.flux, point.fluxError, 1, "µJy"));
    if (point.forced) words.push("forced");
    if (point.fading && !point.isLimit) words.push("fainter than the template");
    const days = point.mjd - this.now;
    words.push(`${date(point.mjd).slice(0, 19).replace("T", " ")} UTC`, `MJD ${point.mjd.toFixed(5)}`, `${days >= 0 ? "+" : ""}${days.toFixed(2)} d`);
    return words.join(" · ");
  }
}

async function begin(figure) {
  const say = (text) => {
    const told = document.createElement("p");
    told.className = "empty";
    told.textContent = text;
    figure.replaceChildren(told);
  };
  try {
    const answer = await fetch(figure.dataset.url);
    const found = await answer.json();
    if (!answer.ok) return say(found.error);
    const points = pointsOf(found.rows);
    if (!points.length) return say("There are no points: the survey sent no history with this alert.");
    new Curve(figure, points, found.next_offset !== null);
  } catch {
    say("The points could not be fetched; reload the page.");
  }
}

for (const figure of document.querySelectorAll("figure.curve")) begin(figure);
