// Long polling: ask, wait until the server has something to say, show it, and ask again at once.
export async function hold({ url, wait = 20_000, show, signal }) {
  let cursor = 0; // the number of the last update we have
  let pause = 1000; // after an error, in milliseconds

  while (!signal?.aborted) {
    try {
      const answer = await fetch(`${url}?cursor=${cursor}&wait=${wait}`, { cache: "no-store", signal });
      if (!answer.ok) throw new Error(`no news but a status: ${answer.status}`);
      const news = await answer.json(); // no updates: the hold ended without news
      for (const update of news.updates) show(update);
      cursor = news.cursor;
      pause = 1000;
    } catch {
      if (signal?.aborted) return; // given up: over HTTP/1.1 the browser closes the connection
      // No answer, or none that is good. Ask again from the same cursor, but not at once.
      await new Promise((resume) => setTimeout(resume, pause));
      pause = Math.min(pause * 2, 30_000); // 1 s, 2 s, 4 s … at most 30 s
    }
  }
}
