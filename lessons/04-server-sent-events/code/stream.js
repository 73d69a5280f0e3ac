// Server-Sent Events: open one stream and listen. The browser reads it, and opens it again by itself when it breaks.
export function stream({ url, cursor = 0, show, job, missed, notice, gone, signal }) {
  const source = new EventSource(`${url}?cursor=${cursor}`);

  // An event with a name is heard only by those who listen by that name.
  source.addEventListener("alert", (event) => {
    const update = JSON.parse(event.data);
    if (update.seq <= cursor) return; // sent again, and known already
    cursor = update.seq;
    show(update);
  });
  source.addEventListener("job", (event) => job?.(JSON.parse(event.data)));
  source.addEventListener("missed", (event) => missed?.(JSON.parse(event.data).missed)); // fetch the whole list?
  source.onmessage = (event) => notice?.(event.data); // no name; several data lines come as one text

  source.onerror = () => {
    if (source.readyState === EventSource.CONNECTING) return; // broken off: the browser asks again, with Last-Event-ID
    gone?.(cursor); // CLOSED: it will not; a new stream from this cursor is up to the page, and not at once
  };
  signal?.addEventListener("abort", () => source.close());
}
