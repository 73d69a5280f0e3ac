// Every page in both languages and themes: a clean console, nothing that axe finds, nothing wider than the window.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "../support/test";
import { PAGES, STEPS } from "../support/pages";
import { WIDTHS } from "../support/browser";
import { Reader } from "../support/reader";
import { LOCALES, said } from "../support/words";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** The part of the program that is the lab. */
const LAB_PART = /split_lab\.wasm$/;

const ALL = [...PAGES, ...STEPS.slice(0, 5), ...STEPS.slice(9, 11)];

for (const locale of LOCALES) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`axe finds nothing: ${locale}, ${colorScheme}`, async ({ page }) => {
      test.setTimeout(180_000);
      await page.emulateMedia({ colorScheme });
      for (const path of ALL) {
        await page.goto(`/${locale}/${path}`);
        await hydrated(page);
        await page.evaluate(axe);
        const violations = await page.evaluate(async () => {
          // @ts-expect-error axe was put into the page a line above
          const results = await window.axe.run(document, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
          });
          return results.violations.map(
            (violation: { id: string; nodes: { html: string; failureSummary: string }[] }) =>
              `${violation.id}: ${violation.nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(" | ")}`,
          );
        });
        expect(violations, path).toEqual([]);
      }
    });
  }
}

for (const locale of LOCALES) {
  test(`no page is wider than the window: ${locale}`, async ({ page }) => {
    test.setTimeout(180_000);
    for (const path of ALL) {
      await page.goto(`/${locale}/${path}`);
      await hydrated(page);
      // The last is 400% of the first, and what the guidelines for accessibility want to be readable.
      for (const [width, height] of [...WIDTHS, [360, 740] as const, [320, 256] as const]) {
        await page.setViewportSize({ width, height });
        const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(over, `${path} at ${width}`).toBeLessThanOrEqual(0);
      }
    }
  });
}

test("however low the window, nothing of the lab lies on its figures", async ({ page }) => {
  await page.goto("/en/lessons/short-polling/three-cures");
  await hydrated(page);
  for (const [width, height] of [[1440, 560], [1024, 600], [640, 400], [390, 844]] as const) {
    await page.setViewportSize({ width, height });
    const tab = page.locator("#pane-lab");
    if (await tab.isVisible()) await tab.check();
    // A click that is not made: it waits until nothing else would get it.
    for (const figure of await page.locator(".ledger > *").all()) await figure.click({ trial: true });
  }
});

test("the language is chosen by the browser, and remembered when it is changed", async ({ browser }) => {
  const context = await browser.newContext({ locale: "zh-CN", baseURL: test.info().project.use.baseURL });
  const page = await context.newPage();
  await page.goto("/");
  await expect(page).toHaveURL(/\/zh\/$/);
  await page.goto("/zh/lessons/short-polling/mostly-empty");
  await page.getByRole("link", { name: "English" }).click();
  await expect(page).toHaveURL(/\/en\/lessons\/short-polling\/mostly-empty$/);
  await page.goto("/");
  await expect(page).toHaveURL(/\/en\/$/);
  await context.close();
});

test("the theme is remembered by the server", async ({ page }) => {
  await page.goto("/en/");
  const button = page.locator("header button.icon");
  await expect(button).toBeEnabled();
  await button.click();
  await button.click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});

for (const step of ["short-polling/mostly-empty", "websocket/the-handshake"]) {
  test(`a lesson page's first visit stays within its budget: ${step}`, async ({ page }) => {
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    const sizes = new Map<string, number>();
    const urls = new Map<string, string>();
    session.on("Network.responseReceived", ({ requestId, response }) => urls.set(requestId, response.url));
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => sizes.set(requestId, encodedDataLength));
    // All that comes without anybody doing anything.
    await page.goto(`/en/lessons/${step}`, { waitUntil: "networkidle" });
    await hydrated(page);
    await page.waitForLoadState("networkidle");
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    console.log(`first visit: ${(total / 1000).toFixed(1)} kB`);
    expect(total, "HTML, CSS, JS and WASM as transferred").toBeLessThanOrEqual(200_000);
    expect([...urls.values()].filter((url) => LAB_PART.test(url)), "the lab's program waits").toEqual([]);
    // It comes when the reader turns to the lab.
    const part = page.waitForResponse(LAB_PART);
    await page.locator("#lab-ledger").hover();
    expect((await part).ok()).toBe(true);
    await expect(page.locator("section.lab .standing")).not.toHaveAttribute("data-standing", "asleep");
  });
}

test("on a slow line, a press on the button that runs is kept until the lab is there", async ({ page, reader }) => {
  const step = "mostly-empty";
  await reader.open(step);
  await reader.choose("prediction", "eighty");
  // As one who comes back: the prediction is locked, and nothing of the lab is here.
  let come = () => {};
  const line = new Promise<void>((resolve) => (come = resolve));
  await page.route(LAB_PART, async (route) => {
    await line;
    await route.continue();
  });
  await reader.open(step);
  const run = page.locator("button.run");
  await run.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByText(said("en", "lab.coming"))).toBeVisible();
  await expect(run).toHaveAttribute("aria-pressed", "false");
  come();
  await expect(run).toHaveAttribute("aria-pressed", "true");
  await expect(run, "the keyboard stays where it was").toBeFocused();
  await expect(page.getByText(said("en", "lab.coming"))).toBeHidden();
  await reader.atLeast("requests", 1);
});

test.describe("without a server", () => {
  test.use({ breaks: true });

  for (const locale of LOCALES) {
    test(`a lab whose program cannot be fetched says so, and can be asked for again: ${locale}`, async ({ page }) => {
      const reader = new Reader(page, locale);
      await reader.open("mostly-empty");
      await page.route(LAB_PART, (route) => route.abort());
      await reader.choose("prediction", "eighty");
      const lost = page.getByText(said(locale, "lab.lost"));
      await expect(lost).toBeVisible();
      await expect(page.locator("p.instead"), "the way to the recording is shown").toBeVisible();
      await page.locator("button.run").click();
      await expect(lost, "it is tried again, and fails again").toBeVisible();
      await page.unroute(LAB_PART);
      await page.getByRole("button", { name: said(locale, "lab.again") }).click();
      await expect(lost).toBeHidden();
      await reader.run();
      await reader.atLeast("requests", 1);
    });
  }
});

test("the home page polls in the visitor's own browser", async ({ page }) => {
  await page.goto("/en/");
  const again = page.locator(".glance button.pill");
  await expect(page.locator(".glance [data-x]").first()).toBeAttached({ timeout: 30_000 });
  await expect(again).toBeHidden();
});

async function hydrated(page: import("@playwright/test").Page) {
  const lab = page.locator("section.lab");
  if (await lab.count()) await expect(lab).toHaveAttribute("data-hydrated", "true");
  const theme = page.locator("header button.icon");
  if (await theme.count()) await expect(theme).toBeEnabled();
}
