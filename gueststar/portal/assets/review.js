// A key answers as its button does, once: the next object comes with the next page.
"use strict";

const answers = document.querySelector("[data-review]");
let isSent = false;

answers?.addEventListener("submit", (event) => {
  if (isSent) event.preventDefault();
  isSent = true;
  answers.setAttribute("aria-busy", "true");
});

// A page that is come back to by the browser's own button may be answered again.
addEventListener("pageshow", () => { isSent = false; answers?.removeAttribute("aria-busy"); });

addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const button = answers?.querySelector(`button[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});
