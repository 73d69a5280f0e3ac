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
        for (const path of [...PAGES, ...STEPS.map((step) => `lessons/short-polling/${step}`)]) {
          await page.goto(`/${locale}/${path}`);
          const lab = page.locator("section.lab");
          if (await lab.count()) await lab.and(page.locator("[data-hydrated=true]")).waitFor();
          const name = path.replaceAll("/", "-").replace(/-$/, "") || "home";
          await page.screenshot({ path: `../shots/${width}/${name}.${locale}.${colorScheme}.png`, fullPage: width < 1000 });
        }
        await context.close();
      });
    }
  }
}
