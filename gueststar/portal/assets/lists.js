// Watchlists and regions: put in by upload or by hand, and taken back.
"use strict";

const put = document.getElementById("put");
const headers = document.body.dataset.csrf ? { "X-CSRF": document.body.dataset.csrf } : {};

async function sent(path, more, body) {
  try {
    return await (await fetch(path, { method: "POST", headers: { ...headers, ...more }, body })).json();
  } catch {
    return { error: "the portal does not answer; try again" };
  }
}

put?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const state = document.getElementById("put-state");
  const given = new FormData(put);
  const file = given.get("file");
  const isFile = file instanceof File && file.size > 0;
  if (!isFile && !given.get("rows").trim()) { state.textContent = "write rows, or choose a file"; return; }
  state.textContent = "workers are told …";
  const asked = new URLSearchParams({ name: given.get("name"), kind: given.get("kind"), about: given.get("about"), file: isFile ? file.name : "rows.csv" });
  const found = await sent(`/api/v1/list/deploy?${asked}`, { "Content-Type": "application/octet-stream" }, isFile ? file : given.get("rows"));
  if (found.error) state.textContent = found.error;
  else location.assign(`/lists?${new URLSearchParams({ name: found.name })}`);
});

document.getElementById("remove")?.addEventListener("click", async (event) => {
  const name = event.target.dataset.name;
  const found = await sent("/api/v1/list/remove", { "Content-Type": "application/json" }, JSON.stringify({ name }));
  if (found.error) document.getElementById("removed").textContent = found.error;
  else location.assign("/lists");
});
