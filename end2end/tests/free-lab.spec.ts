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
