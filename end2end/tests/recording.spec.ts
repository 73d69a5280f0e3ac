// A run is saved with a button, and opened again: from the course, from a file, and with the server gone.
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, test } from "../support/test";

const SHIPPED = readFileSync(
  new URL("../../lessons/02-short-polling/recordings/mostly-empty.jsonl", import.meta.url),
  "utf8",
);

async function opened(page: Page, path = "recording") {
  await page.goto(`/en/${path}`);
  await expect(page.locator(".replay .lab")).toHaveAttribute("data-hydrated", "true");
  await expect(page.locator(".replay input[type=file]")).toBeEnabled();
}

/** Gives the page a file as a reader who chooses one does. */
async function give(page: Page, name: string, text: string) {
  await page.locator(".replay input[type=file]").setInputFiles({ name, mimeType: "application/jsonl", buffer: Buffer.from(text) });
}

const arrows = (page: Page) => page.locator(".replay [data-x][aria-label]");
const title = (page: Page) => page.locator(".replay > .bar [role=status]");
const alert = (page: Page) => page.locator(".replay [role=alert]");

test("a run is saved, and is the same when it is opened", async ({ reader, page }) => {
  await reader.open("mostly-empty");
  await reader.choose("prediction", "not-sure");
  await reader.run();
  await reader.publish();
  await reader.atLeast("answers", 12);
  await page.locator("button.run").click();
  // Now nothing comes any more.
  const figures = ["answers", "empty", "empty_share"];
  await reader.still();
  const before = await Promise.all(figures.map((figure) => reader.number(figure)));
  const download = page.waitForEvent("download");
  await page.locator("#lab-save").click();
  const file = await download;
  expect(file.suggestedFilename()).toBe("short-polling-mostly-empty.jsonl");
  const text = readFileSync(await file.path(), "utf8");
  expect(text).not.toContain("secret");

  await opened(page, "recording/short-polling/mostly-empty");
  await give(page, "mine.jsonl", text);
  await expect(title(page)).toContainText("mine.jsonl");
  expect(await Promise.all(figures.map((figure) => reader.number(figure)))).toEqual(before);
  await expect(page.locator(".replay [data-notice=mostly_empty]")).toBeAttached();
});

test("the course's own recording opens at a moment", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  // Late in it, so that there is something above.
  const times = SHIPPED.match(/"at":\d+/g)?.map((at) => Number(at.slice(5))) ?? [];
  const late = (0.8 * (Math.max(...times) - times[0])) / 1e6;
  await opened(page, `recording/short-polling/mostly-empty#t=${late.toFixed(1)}`);
  await expect(arrows(page).first()).toBeAttached();
  const top = () => page.locator(".pc-scroll").evaluate((paper) => paper.scrollTop);
  await expect.poll(top).toBeGreaterThan(50);
  // The picture shows it in its middle; what is copied leads back to there.
  await page.locator("[data-copy]").click();
  await expect(page).toHaveURL(/#t=\d+\.\d$/);
  const link = page.url();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
  const place = await top();
  await page.evaluate(() => (location.hash = "#t=0.0"));
  await expect.poll(top).toBe(0);
  await page.evaluate((link) => (location.href = link), link);
  await expect.poll(async () => Math.abs((await top()) - place)).toBeLessThan(25);
  await page.getByRole("button", { name: "Table" }).click();
  await expect(page.locator(".replay tbody tr").first()).toBeVisible();
});

test("a file opens when the server has gone", async ({ page, context }) => {
  await opened(page);
  // The reader's module is fetched at once; nothing is fetched after this.
  await page.waitForLoadState("networkidle");
  await context.setOffline(true);
  await give(page, "kept.jsonl", SHIPPED);
  await expect(arrows(page).first()).toBeAttached();
  await expect(title(page)).toContainText("kept.jsonl");
});

test("a bad file is refused with its reason, and nothing of what is shown is lost", async ({ page }) => {
  await opened(page);
  await give(page, "good.jsonl", SHIPPED);
  await expect(arrows(page).first()).toBeAttached();
  const lines = SHIPPED.trimEnd().split("\n");
  const bad: [string, string][] = [
    [lines.with(4, '{"no":5}').join("\n"), "Line 5 "],
    ["hello\nworld", "no recording of Lifeline"],
    [SHIPPED.replace(/"version":\d+/, '"version":99'), "version 99"],
    [lines.slice(0, -1).join("\n"), `ends with line ${lines.length - 1}`],
    ["x".repeat(20_000_001), "at most 20 MB"],
  ];
  for (const [text, why] of bad) {
    await give(page, "bad.jsonl", text);
    await expect(alert(page)).toContainText("bad.jsonl");
    await expect(alert(page)).toContainText(why);
    await expect(title(page)).toContainText("good.jsonl");
    await expect(arrows(page).first()).toBeAttached();
  }
  await give(page, "good again.jsonl", SHIPPED);
  await expect(alert(page)).toBeEmpty();
});

test("a step leads to its recording", async ({ page, reader }) => {
  await reader.open("mostly-empty");
  await page.locator(".watch summary").click();
  await page.locator(".watch a").click();
  await expect(page).toHaveURL(/\/en\/recording\/short-polling\/mostly-empty$/);
  await expect(arrows(page).first()).toBeAttached();
});
