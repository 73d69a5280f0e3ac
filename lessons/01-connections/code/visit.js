// Loading a page: the document first, then everything that it names, at once.
export async function visit({ url, signal }) {
  const options = { cache: "no-store", credentials: "omit", signal };
  const began = performance.now();
  const answer = await fetch(url, options);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");

  const named = [...page.querySelectorAll("link[href], script[src], img[src]")];
  const addresses = named.map((element) => element.getAttribute("href") ?? element.getAttribute("src"));
  // All are asked for here and now. How many TCP connections carry them, new or used, is the browser's business: no script
  // can choose a connection, open one or close one. Over HTTP/1.1 there are six at most to one host and port.
  await Promise.all(
    addresses.map(async (address) => (await fetch(new URL(address, url), options)).arrayBuffer()),
  );
  return { resources: addresses.length, milliseconds: performance.now() - began };
}
