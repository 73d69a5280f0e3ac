// The fault panel of the free lab, its keys, its links, and the field guide.
import type { Page } from "@playwright/test";
import { expect, test } from "../support/test";

test.use({ breaks: true });

async function open(page: Page, query = "") {
  await page.goto(`/en/lab${query}`);
  await expect(page.locator("section.lab")).toHaveAttribute("data-hydrated", "true");
  await expect(page.locator("button.run")).toBeEnabled();
}

const kind = (page: Page, name: string) => page.locator(`#fault-panel form[data-kind=${name}]`);
const banner = (page: Page) => page.locator("#lab-faults");

test("a fault is switched on, changed and off again while it runs", async ({ page }) => {
  await open(page, "?technique=short_poll");
  await expect(banner(page)).toBeHidden();
  await page.locator("button.run").click();
  const status = kind(page, "status");
  await status.locator("summary").click();
  await status.locator("[name=code]").fill("418");
  await status.locator("button").click();
  await expect(status.locator("button")).toHaveAttribute("aria-pressed", "true");
  await expect(banner(page)).toContainText("418");
  await status.locator("[name=code]").fill("503");
  await status.locator("[name=code]").blur();
  await expect(banner(page)).toContainText("503");
  await expect(page.locator("#lab-picture").getByText("503").first()).toBeVisible();
  await status.locator("button").click();
  await expect(status.locator("button")).toHaveAttribute("aria-pressed", "false");
  await expect(banner(page)).toBeHidden();
});

test("a number out of its range is told where it stands, and nothing is sent", async ({ page }) => {
  await open(page);
  const latency = kind(page, "latency");
  await latency.locator("summary").click();
  await latency.locator("[name=base_ms]").fill("10001");
  await latency.locator("button").click();
  await expect(latency.locator("[name=base_ms]")).toBeFocused();
  await expect(latency.locator("button")).toHaveAttribute("aria-pressed", "false");
});

test("what contradicts itself is refused in words", async ({ page }) => {
  await open(page);
  await kind(page, "stall").locator("button").click();
  await expect(kind(page, "stall").locator("button")).toHaveAttribute("aria-pressed", "true");
  await kind(page, "blackhole").locator("button").click();
  await expect(page.locator("#fault-said")).toContainText("contradict each other");
  await expect(kind(page, "blackhole").locator("button")).toHaveAttribute("aria-pressed", "false");
});

test("keys switch, lead to the panel, and clear", async ({ page }) => {
  await open(page);
  await page.keyboard.press("8");
  await expect(kind(page, "status").locator("button")).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.press("j");
  await expect(kind(page, "no_id").locator("button")).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.press("8");
  await expect(kind(page, "status").locator("button")).toHaveAttribute("aria-pressed", "false");
  await page.keyboard.press("0");
  await expect(banner(page)).toBeHidden();
  await page.keyboard.press("?");
  await expect(kind(page, "latency").locator("button")).toBeFocused();
  // In a field a key is a character.
  await kind(page, "latency").locator("summary").click();
  await kind(page, "latency").locator("[name=base_ms]").press("8");
  await expect(kind(page, "status").locator("button")).toHaveAttribute("aria-pressed", "false");
});

test("a profile, and a link that brings it to another page", async ({ page, context }) => {
  await open(page);
  await page.locator("[data-name=edge]").click();
  for (const name of ["latency", "bandwidth", "loss"]) {
    await expect(kind(page, name).locator("button")).toHaveAttribute("aria-pressed", "true");
  }
  await page.locator("[data-do=link]").click();
  await expect(page).toHaveURL(/faults=/);
  const other = await context.newPage();
  await other.goto(page.url());
  await expect(other.locator("section.lab")).toHaveAttribute("data-hydrated", "true");
  await expect(kind(other, "bandwidth").locator("button")).toHaveAttribute("aria-pressed", "true");
  await other.close();
});

test("a script plays from when the reader runs it", async ({ page }) => {
  await open(page);
  await page.locator("#fault-script summary").click();
  const script = [{ kind: "no_id", start_ms: 400, duration_ms: 800 }];
  await page.locator("[data-script]").fill(JSON.stringify(script));
  await page.locator("[data-do=script]").click();
  await expect(kind(page, "no_id")).toHaveAttribute("data-on", "coming");
  await expect(kind(page, "no_id")).toHaveAttribute("data-on", "true");
  await expect(kind(page, "no_id")).toHaveAttribute("data-on", "false");
  // In a link it waits for Run.
  await open(page, `?faults=${encodeURIComponent(JSON.stringify([{ kind: "no_id", start_ms: 100 }]))}`);
  await expect(banner(page)).toBeHidden();
  await page.locator("button.run").click();
  await expect(kind(page, "no_id")).toHaveAttribute("data-on", "true");
});

test("a link that makes no sense says so", async ({ page }) => {
  await open(page, `?faults=${encodeURIComponent('[{"kind":"gremlins"}]')}`);
  await expect(page.locator("#fault-panel [role=alert]")).toContainText("unknown variant `gremlins`");
});

test("every fault of the field guide opens a lab with it", async ({ page }) => {
  await page.goto("/en/faults");
  const links = await page.locator("main article a.pill").evaluateAll((all) => all.map((link) => link.getAttribute("href")!));
  expect(links.length).toBe(36 + 9);
  for (const link of links) {
    const answer = await page.request.get(link);
    expect(answer.status()).toBe(200);
    expect(await answer.text(), link).not.toContain('role="alert"');
  }
  await page.locator("#stall a.pill").click();
  await expect(kind(page, "stall").locator("button")).toHaveAttribute("aria-pressed", "true");
});

test("a page that sleeps hears everything when it wakes", async ({ page }) => {
  await open(page, "?technique=websocket");
  await page.locator("button.run").click();
  const delivered = page.locator('[data-figure="figure.messages"] strong').first();
  await page.locator("#lab-publish").click();
  await expect.poll(async () => Number(await delivered.textContent())).toBeGreaterThanOrEqual(1);
  await kind(page, "asleep").locator("button").click();
  await expect(kind(page, "asleep").locator("button")).toHaveAttribute("aria-pressed", "true");
  const before = Number(await delivered.textContent());
  for (let update = 0; update < 3; update++) await page.locator("#lab-publish").click();
  const published = page.locator('[data-figure="figure.published"] strong').first();
  await expect.poll(async () => Number(await published.textContent())).toBeGreaterThanOrEqual(before + 3);
  expect(Number(await delivered.textContent())).toBe(before);
  await kind(page, "asleep").locator("button").click();
  await expect.poll(async () => Number(await delivered.textContent())).toBeGreaterThanOrEqual(before + 3);
});
