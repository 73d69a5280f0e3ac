// Opens recordings: a file that was chosen or dropped, or the one that the page names. The module that reads them is loaded
// at once, so that a file can still be opened when the server has gone.
const page = document.querySelector(".replay");
const base = import.meta.url.replace(/\.recording\.js$/, "");

const reader = import(`${base}.reader.js`).then(async (module) => {
  await module.default({ module_or_path: `${base}.reader_bg.wasm` });
  return module;
});

// The island takes nothing before it is alive.
const alive = new Promise((resolve) => {
  const look = () => page.dataset.hydrated === "true" && resolve();
  new MutationObserver(look).observe(page, { attributes: true });
  look();
});

/** Hands a file over; without bytes, the news that it could not be had. */
async function show(name, bytes, text) {
  let data = null;
  try {
    const { read, longest } = await reader;
    data = read(bytes, bytes > longest() ? "" : await text());
  } catch {
    // The island says so.
  }
  await alive;
  page.dispatchEvent(new MessageEvent("recording", { data: [name, data] }));
}

const open = (file) => file && show(file.name, file.size, () => file.text());

page.addEventListener("change", ({ target }) => {
  open(target.files?.[0]);
  // So that the same file can be chosen again.
  target.value = "";
});
window.addEventListener("dragover", (event) => event.preventDefault());
window.addEventListener("drop", (event) => {
  event.preventDefault();
  open(event.dataTransfer?.files[0]);
});

// The island has put the moment into the address just before.
page.addEventListener("click", ({ target }) => {
  if (target.closest("[data-copy]")) navigator.clipboard?.writeText(location.href).catch(() => {});
});

const { src } = page.dataset;
if (src) {
  const name = src.split("/").slice(-2).join("-");
  const answer = await fetch(src).catch(() => null);
  const text = answer?.ok ? await answer.text().catch(() => null) : null;
  await show(name, text?.length ?? 0, () => text ?? Promise.reject());
}
