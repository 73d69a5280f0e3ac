// WebSocket: open one and listen. When it ends, the page opens another itself, from its cursor: the browser will not.
export function socket({ url, cursor = 0, show, missed, signal }) {
  let ws;
  let attempt = 0; // how many in a row brought nothing

  function open() {
    if (signal?.aborted) return;
    ws = new WebSocket(`${url}?cursor=${cursor}`); // ws://…, or wss://… as https:// is to http://

    ws.onmessage = ({ data }) => {
      attempt = 0; // a message proves more than a handshake does
      const news = JSON.parse(data); // a text message is a string
      if (news.missed) return missed?.(news.missed); // fetch the whole list?
      if (!(news.seq > cursor)) return; // known already
      cursor = news.seq;
      show(news);
    };
    ws.onclose = ({ code }) => {
      if (code === 1008) return; // not allowed: asking again will not help
      const ceiling = Math.min(500 * 2 ** attempt++, 15_000); // 0.5 s, 1 s, 2 s … at most 15 s
      setTimeout(open, Math.random() * ceiling); // at random: ten thousand pages must not come back together
    };
  }

  open();
  signal?.addEventListener("abort", () => ws?.close(1000));
}
