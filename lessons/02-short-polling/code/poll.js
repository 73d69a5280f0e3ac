// Short polling: ask, show what is new, and ask again when the clock says so.
export function poll({ url, interval, show, signal }) {
  let cursor = 0; // the number of the last update we have

  async function ask() {
    try {
      const answer = await fetch(`${url}?cursor=${cursor}`, { cache: "no-store", signal });
      const { updates } = await answer.json(); // [] when there is nothing new
      for (const update of updates) {
        if (update.seq <= cursor) continue; // another answer brought it already
        cursor = update.seq;
        show(update);
      }
    } catch {
      // No answer this time. The next tick asks again, from the same cursor.
    }
  }

  ask();
  const timer = setInterval(ask, interval);
  signal?.addEventListener("abort", () => clearInterval(timer));
}
