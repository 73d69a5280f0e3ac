import { test } from "../support/test";
import { Reader } from "../support/reader";
const SIZES = [["wide", 1280, 900], ["narrow", 390, 844]] as const;
for (const [name, width, height] of SIZES) {
  for (const locale of ["en", "zh"] as const) {
  test(`shots ${name} ${locale}`, async ({ page }) => {
    test.setTimeout(120000);
    await page.setViewportSize({ width, height });
    const reader = new Reader(page, locale);
    const shot = async (step: string) => page.screenshot({ path: `/tmp/conn-shots/${step}-${name}-${locale}.png` });
    const click = async () => { await page.locator("button.run").dispatchEvent("click"); await page.waitForTimeout(1500); };
    const lab = async () => { const pane = page.locator("#pane-lab"); if (await pane.count()) await pane.evaluate((p: HTMLInputElement) => { p.checked = true; p.dispatchEvent(new Event("change", {bubbles: true})); }); };
    await reader.open("nine-resources", "connections");
    await shot("0-prose");
    await reader.choose("prediction", "three");
    await lab();
    await click();
    await shot("1-nine-closed");
    await page.locator("#lab-closing select").selectOption("no", { force: true });
    await click();
    await shot("2-nine-kept");
    await click();
    await shot("3-nine-third");
    await reader.open("keep-alive-time", "connections");
    await reader.choose("prediction", "two");
    await lab();
    await page.locator("button.run").dispatchEvent("click"); await page.waitForTimeout(1300);
    await page.locator("button.run").dispatchEvent("click"); await page.waitForTimeout(3500);
    await page.locator("button.run").dispatchEvent("click"); await page.waitForTimeout(1000);
    await shot("4-keep-alive");
    await reader.open("the-last-moment", "connections");
    await reader.choose("prediction", "again");
    await lab();
    await page.locator("button.run").dispatchEvent("click"); await page.waitForTimeout(2000 + 2500);
    await page.locator("button.run").dispatchEvent("click"); await page.waitForTimeout(5000);
    await shot("5-last-moment");
    await reader.open("three-called-long", "connections");
    await reader.choose("prediction", "all-three");
    await lab();
    await click();
    await page.locator("#lab-technique select").selectOption("long", { force: true });
    await click();
    await page.locator("#lab-publish").dispatchEvent("click"); await page.waitForTimeout(1000);
    await page.locator("#lab-technique select").selectOption("sse", { force: true }); await page.waitForTimeout(1000);
    await page.locator("#lab-publish").dispatchEvent("click"); await page.waitForTimeout(700);
    await shot("6-three");
  });
  }
}
