// Opens recordings: a file that was chosen or dropped, or the one that the page names. The module that reads them is loaded
// at once, so that a file can still be opened when the server has gone. The log goes to the lab's picture in an event; what
// the file is, or why it cannot be shown, is said here.
const page = document.querySelector(".replay");
const [title, alert] = page.querySelectorAll("[role=status], [role=alert]");
const words = JSON.parse(document.getElementById("words").textContent);
const base = import.meta.url.replace(/\.recording\.js$/, "");

const reader = import(`${base}.reader.js`).then(async (module) => {
  await module.default({ module_or_path: `${base}.reader_bg.wasm` });
  return module;
});

// The lab takes nothing before it is alive.
const lab = page.querySelector("section.lab");
const alive = new Promise((resolve) => {
  const look = () => lab.dataset.hydrated === "true" && resolve();
  new MutationObserver(look).observe(lab, { attributes: true });
  look();
});

/** The words for a key, with values in their places. */
function say(key, values = {}) {
  return words[`recording.${key}`].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Hands a log over, or nothing, and the moment that is to be shown. */
async function tell(log, at) {
  await alive;
  window.dispatchEvent(new MessageEvent("recording", { data: [log, at] }));
}

/** The moment that the address names, in microseconds: `#t=12.3`. */
function named() {
  const seconds = Number.parseFloat(/^#t=(\d+(\.\d+)?)$/.exec(location.hash)?.[1] ?? "0");
  return Math.min(seconds, 86_400) * 1e6;
}

/** What is wrong with a file, in words. */
function reason(trouble) {
  const [kind, values] = typeof trouble === "string" ? [trouble, {}] : Object.entries(trouble)[0];
  if (values.bytes) values.bytes = `${(values.bytes / 1e6).toFixed(1)} MB`;
  return say(kind, values);
}

/** Shows a file. Whatever is wrong with it, what was shown before stays. */
async function show(name, bytes, text) {
  let trouble = "unreachable";
  try {
    const { read, longest } = await reader;
    const outcome = read(bytes, bytes > longest() ? "" : await text());
    const said = JSON.parse(outcome.said);
    if (!said.Err) {
      const { header, technique, missing } = said.Ok;
      const time = header.saved.replace("T", " ").replace("Z", " UTC");
      title.textContent = say("heading", { name, time }) + (missing ? ` ${say("gone", { n: missing })}` : "");
      alert.textContent = "";
      page.dataset.open = "true";
      if (technique) document.body.dataset.technique = technique;
      return await tell(outcome.log, named());
    }
    trouble = said.Err;
  } catch (error) {
    console.info(error);
  }
  alert.textContent = say("trouble", { name, why: reason(trouble) });
}

const open = (file) => file && show(file.name, file.size, () => file.text());

page.addEventListener("change", ({ target }) => {
  if (target.type !== "file") return;
  open(target.files[0]);
  // So that the same file can be chosen again.
  target.value = "";
});
window.addEventListener("dragover", (event) => event.preventDefault());
window.addEventListener("drop", (event) => {
  event.preventDefault();
  open(event.dataTransfer?.files[0]);
});
window.addEventListener("hashchange", () => tell(null, named()));

page.querySelector("[data-copy]")?.addEventListener("click", () => {
  const asked = [null, null];
  window.dispatchEvent(new MessageEvent("recording", { data: asked }));
  // The table shows no moment.
  if (asked.length > 2) history.replaceState(null, "", `#t=${(asked[2] / 1e6).toFixed(1)}`);
  navigator.clipboard?.writeText(location.href).catch(() => {});
});

for (const control of page.querySelectorAll("input:disabled")) control.disabled = false;

const { src } = page.dataset;
if (src) {
  const answer = await fetch(src).catch(() => null);
  const text = answer?.ok ? await answer.text().catch(() => null) : null;
  await show(src.split("/").slice(-2).join("-"), 0, () => text ?? Promise.reject(new Error(`no answer from ${src}`)));
}
