// Every page in both languages and themes: a clean console, nothing that axe finds, nothing wider than the window.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "../support/test";
import { PAGES, STEPS } from "../support/pages";
import { WIDTHS } from "../support/browser";
import { LOCALES } from "../support/words";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
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

test("a lesson page's first visit stays within its budget", async ({ page }) => {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  const sizes = new Map<string, number>();
  const urls = new Map<string, string>();
  session.on("Network.responseReceived", ({ requestId, response }) => urls.set(requestId, response.url));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => sizes.set(requestId, encodedDataLength));
  await page.goto("/en/lessons/short-polling/mostly-empty");
  await hydrated(page);
  let total = 0;
  for (const [id, size] of sizes) {
    if (/\/(en\/|pkg\/|favicon)/.test(urls.get(id) ?? "")) total += size;
  }
  console.log(`first visit: ${(total / 1000).toFixed(1)} kB`);
  // The design's budget is 200 kB. Until it is reached, this only keeps the page from growing.
  expect(total, "HTML, CSS, JS and WASM as transferred").toBeLessThanOrEqual(335_000);
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
