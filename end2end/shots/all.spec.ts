// A picture of every page and every step, in both languages, both themes and three widths, into shots/.
import { test } from "@playwright/test";
import { WIDTHS } from "../support/browser";
import { PAGES, STEPS } from "../support/pages";

for (const [width, height] of WIDTHS) {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const locale of ["en", "zh"] as const) {
      test(`${width} ${colorScheme} ${locale}`, async ({ browser }) => {
        const context = await browser.newContext({ viewport: { width, height }, colorScheme });
        const page = await context.newPage();
        for (const path of [...PAGES, ...STEPS]) {
          await page.goto(`/${locale}/${path}`);
          const lab = page.locator("section.lab");
          // On a phone the lab stands behind the text: alive, not yet seen.
          const both = await page.locator("#pane-lab").isVisible();
          if (await lab.count()) await lab.and(page.locator("[data-hydrated=true]")).waitFor({ state: both ? "attached" : "visible" });
          const name = path.replaceAll("/", "-").replace(/-$/, "") || "home";
          const file = (part: string) => `../shots/${width}/${name}${part}.${locale}.${colorScheme}.png`;
          await page.screenshot({ path: file(""), fullPage: width < 1000 });
          if (!both) continue;
          await page.locator("#pane-lab").check();
          await page.screenshot({ path: file("-lab") });
        }
        await context.close();
      });
    }
  }
}
