// The free lab: each technique brings what is published, and the picture shows how.
import type { Page } from "@playwright/test";
import { expect, test } from "../support/test";

async function open(page: Page, technique: string) {
  await page.goto("/en/lab");
  await expect(page.locator("section.lab")).toHaveAttribute("data-hydrated", "true");
  await expect(page.locator("button.run")).toBeEnabled();
  await page.locator("#lab-technique select").selectOption(technique);
  await page.locator("button.run").click();
}

const figure = (page: Page, name: string) => page.locator(`[data-figure="figure.${name}"] strong`).first();

test("an event stream: one request, and a message for each update", async ({ page }) => {
  await open(page, "sse");
  await expect(page.locator("#lab-interval"), "what does not concern it is not shown").toBeHidden();
  // A fault of the lab may hold the head back for a while; what is published meanwhile comes with the stream.
  for (let update = 0; update < 3; update++) await page.locator("#lab-publish").click();
  await expect.poll(async () => Number(await figure(page, "messages").textContent())).toBeGreaterThanOrEqual(3);
  await expect(figure(page, "requests")).toHaveText("1");
  await expect(figure(page, "lost")).toHaveText("0");
  await page.locator(".lab [data-x]").first().dispatchEvent("click");
  const details = page.locator(".pc-details");
  await expect(details).toContainText("text/event-stream");
  await expect(details).toContainText("event: alert");
  await page.locator("button.run").click();
  await expect(details).toContainText("given up");
});

test("techniques can be changed while it runs", async ({ page }) => {
  await open(page, "long");
  await expect.poll(async () => Number(await figure(page, "held").textContent())).toBeGreaterThanOrEqual(1);
  await expect(page.locator("#lab-hold")).toBeVisible();
  await page.locator("#lab-technique select").selectOption("short");
  await expect.poll(async () => Number(await figure(page, "answers").textContent())).toBeGreaterThanOrEqual(2);
  await page.locator("#lab-technique select").selectOption("sse");
  const messages = Number(await figure(page, "messages").textContent());
  for (let update = 0; update < 2; update++) await page.locator("#lab-publish").click();
  await expect.poll(async () => Number(await figure(page, "messages").textContent())).toBeGreaterThanOrEqual(messages + 2);
  await expect(figure(page, "lost")).toHaveText("0");
});

test("a WebSocket: updates come, beats go and return, and each frame is an arrow", async ({ page }) => {
  await open(page, "socket");
  await expect(page.locator("#lab-interval"), "what does not concern it is not shown").toBeHidden();
  await page.locator("#lab-beat select").selectOption("1000");
  // A fault of the lab may hold the handshake back for a while; what is published meanwhile comes with the socket.
  for (let update = 0; update < 3; update++) await page.locator("#lab-publish").click();
  await expect.poll(async () => Number(await figure(page, "messages").textContent())).toBeGreaterThanOrEqual(3);
  await expect.poll(async () => Number(await figure(page, "sent").textContent())).toBeGreaterThanOrEqual(2);
  await expect(figure(page, "lost")).toHaveText("0");
  const picture = page.locator("#lab-picture");
  await expect(picture.getByText("beat", { exact: true }).first()).toBeVisible();
  // An arrow that landed is filled; one that only left ends in a ring.
  await expect(picture.locator("path.pc-ans.pc-t-ws:not(.pc-open)").first()).toBeVisible();
  await page.locator(".lab [data-x]").last().dispatchEvent("click");
  const details = page.locator(".pc-details");
  await expect(details).toContainText("101 Switching Protocols", { ignoreCase: true });
  const up = details.locator(".pc-frame", { hasText: "↑" }).first();
  await up.locator("summary").click();
  await expect(up).toContainText("Masking-key");
  await expect(up.locator("pre")).toContainText("beat");
  await page.locator("button.run").click();
  await expect(details).toContainText("The browser saw the socket close with code 1000.");
  await expect(details).toContainText("The server saw it close with code 1000.");
});

test("a socket that is dead is noticed, and the client goes on where it was", async ({ page }) => {
  // The page's own sockets, to be found again: what the network does to them is done to them here.
  await page.addInitScript(() => {
    const sockets: WebSocket[] = [];
    Object.assign(window, { sockets });
    window.WebSocket = class extends WebSocket {
      constructor(url: string | URL) {
        super(url);
        if (String(url).includes("/socket?")) sockets.push(this);
      }
    };
  });
  const last = (does: "swallow" | "close") =>
    page.evaluate((does) => {
      const socket = (window as unknown as { sockets: WebSocket[] }).sockets.at(-1)!;
      if (does === "close") socket.close(4000);
      else socket.send = () => {};
    }, does);
  await open(page, "socket");
  await page.locator("#lab-reconnect select").selectOption("fixed");
  await page.locator("#lab-beat select").selectOption("1000");
  await expect.poll(async () => Number(await figure(page, "sent").textContent())).toBeGreaterThanOrEqual(2);
  await expect(figure(page, "reconnects")).toHaveText("0");
  await last("swallow");
  await expect(figure(page, "reconnects"), "its beats do not return").toHaveText("1");
  for (let update = 0; update < 2; update++) await page.locator("#lab-publish").click();
  await expect.poll(async () => Number(await figure(page, "messages").textContent())).toBeGreaterThanOrEqual(2);
  await last("close");
  await expect(figure(page, "reconnects"), "it was closed").toHaveText("2");
  await expect(figure(page, "lost")).toHaveText("0");
  await expect(figure(page, "duplicated")).toHaveText("0");
});
