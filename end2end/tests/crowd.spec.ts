// The crowd beside the free lab: it comes, gets its news, is cut, comes back and goes; and the picture stays the reader's.
import type { Page } from "@playwright/test";
import { expect, test } from "../support/test";

const figure = (page: Page, name: string) => page.locator(`#lab-crowd [data-figure="figure.${name}"]`);

async function value(page: Page, name: string): Promise<number> {
  return Number(await figure(page, name).locator("strong").textContent());
}

for (const [language, come, go] of [
  ["en", "Call them", "Send them away"],
  ["zh", "启动", "全部撤走"],
] as const) {
  test(`a hundred streams come, are cut, come back and go (${language})`, async ({ page }) => {
    await page.goto(`/${language}/lab`);
    await expect(page.locator("section.lab")).toHaveAttribute("data-hydrated", "true");
    await page.locator("#lab-crowd > summary").click();
    await page.locator("#lab-crowd-size select").selectOption("100");
    await page.locator("#lab-crowd-technique select").selectOption("sse");
    const call = page.locator("#lab-crowd-call");
    await expect(call).toHaveText(come);
    await call.click();
    await expect(call).toHaveText(go);
    await expect.poll(() => value(page, "crowd_connected")).toBe(100);
    await expect.poll(() => value(page, "crowd_held")).toBe(100);
    await expect.poll(() => value(page, "crowd_delivered"), { timeout: 20_000 }).toBeGreaterThanOrEqual(100);
    expect(await value(page, "crowd_lost")).toBe(0);
    await expect(figure(page, "server_memory_per_client").locator("em")).toHaveText(/B/);
    await expect(page.locator("#lab-picture path.pc-ans"), "their traffic is in no picture").toHaveCount(0);

    // All are cut; the chart and its words tell when they came back.
    await expect(page.locator(".herd")).toBeHidden();
    const cut = page.locator("#fault-panel form[data-kind=cut]");
    await cut.locator("summary").click();
    await cut.locator("[name=duration_ms]").fill("3000");
    await cut.locator("button").click();
    await expect(page.locator(".herd figcaption")).toBeVisible();
    const back = async () => {
      const words = (await page.locator(".herd figcaption").textContent()) ?? "";
      return Math.max(...(words.match(/\d+/g) ?? []).map(Number));
    };
    await expect.poll(back, { timeout: 25_000 }).toBeGreaterThanOrEqual(100);
    await expect.poll(() => value(page, "crowd_connected"), { timeout: 25_000 }).toBe(100);

    await call.click();
    await expect(call).toHaveText(come);
    await expect.poll(() => value(page, "crowd_connected")).toBe(0);
  });
}
