// What every page has: the theme, local times at a hover, parts that are fetched again, stamps.
"use strict";

const root = document.documentElement;
function theme() {
  const button = document.getElementById("theme");
  button.hidden = false;
  button.addEventListener("click", () => {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  });
}

function localTime(event) {
  const time = event.target.closest?.("time");
  if (time && !time.title) time.title = `${new Date(time.dateTime).toLocaleString()}, your time`;
}

// A part is exchanged only while nobody points at it, has its focus in it or has opened something.
function isBusy(part) {
  return document.hidden || part.matches(":hover, :focus-within") || part.querySelector("details[open]");
}

async function refresh(part) {
  if (isBusy(part)) return;
  try {
    const answer = await fetch(part.dataset.part);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    if (!isBusy(part) && fresh.innerHTML !== part.innerHTML) part.replaceChildren(...fresh.childNodes);
  } catch {
    // The next time will do; the stream says that the portal is away.
  }
}

function refreshed() {
  for (const part of document.querySelectorAll("[data-part]")) {
    setInterval(() => refresh(part), 1000 * Number(part.dataset.every));
  }
}

function stamps() {
  const form = document.getElementById("stamps-form");
  form?.addEventListener("change", () => {
    const chosen = new URLSearchParams(new FormData(form));
    const look = new URLSearchParams();
    for (const name of ["scale", "way", "inverted"]) look.set(name, chosen.get(name) ?? "");
    for (const image of document.querySelectorAll("[data-stamp]")) {
      image.src = `${image.dataset.stamp}&${look}`;
    }
    history.replaceState(null, "", `?${chosen}`);
  });
}

function keys(event) {
  if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("find").focus();
  }
}

theme();
refreshed();
stamps();
document.addEventListener("mouseover", localTime);
document.addEventListener("focusin", localTime);
document.addEventListener("keydown", keys);
document.getElementById("topic")?.addEventListener("change", (event) => event.target.form.submit());
