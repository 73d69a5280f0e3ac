// Ask for the whole list, but only if it changed. The browser keeps the last list with its ETag, sends the ETag
// along, and on a 304 hands out the list it has kept: this script sees a 200 each time.
export function poll({ url, interval, show, signal }) {
  let shown;

  async function ask() {
    try {
      const answer = await fetch(url, { cache: "no-cache", signal }); // keep it, but check before every use
      const list = await answer.json();
      if (list.version === shown) return;
      shown = list.version;
      show(list);
    } catch {
      // No answer this time. The next tick asks again.
    }
  }

  ask();
  const timer = setInterval(ask, interval);
  signal?.addEventListener("abort", () => clearInterval(timer));
}
