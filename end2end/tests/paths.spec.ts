// The two paths through the course, and the chooser.
import { expect, test } from "../support/test";

test("the tour leads from its page through its steps and back", async ({ page }) => {
  await page.goto("/en/lessons/");
  await page.getByRole("link", { name: /ten-minute tour/ }).click();
  await page.getByRole("link", { name: "Begin", exact: true }).click();
  await expect(page).toHaveURL(/one-after-another\?path=tour$/);
  await expect(page.locator(".place")).toHaveText("1 / 2");
  await page.locator(".turn a.go").click();
  await expect(page).toHaveURL(/side-by-side\?path=tour$/);
  await page.locator(".turn a.go").click();
  await expect(page, "and not on into the next lesson").toHaveURL(/\/en\/path\/tour$/);
});

test("the class leads through every lesson that it is about", async ({ page }) => {
  await page.goto("/zh/path/class");
  await expect(page.locator(".walk .stages li")).toHaveCount(24);
  await page.locator(".walk .stages a").nth(6).click();
  await expect(page).toHaveURL(/the-job\?path=class$/);
  await page.locator(".turn a.go").click();
  await expect(page, "optional steps are passed over").toHaveURL(/hold-and-answer\?path=class$/);
});

test("a path that is none is not there", async ({ page }) => {
  expect((await page.request.get("/en/path/nowhere")).status()).toBe(404);
  await page.goto("/en/lessons/short-polling/the-job?path=nowhere");
  await expect(page.locator(".place"), "the step stands in its lesson").toHaveText(/^5 \/ /);
});

test("the chooser answers by keyboard alone, and its answer can be sent to somebody", async ({ page }) => {
  await page.goto("/en/choose");
  await expect(page.locator(".best h2")).toContainText("Server-Sent Events");
  await page.getByRole("radio", { name: "Both, often" }).focus();
  await page.keyboard.press("Space");
  await page.getByRole("radio", { name: "Binary data" }).focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/direction=both.*payload=binary/);
  await expect(page.locator(".best h2")).toContainText("WebSocket");
  await page.goto("/en/choose?old=yes&rate=absurd");
  await expect(page.locator(".best"), "nonsense in the address is no answer").toBeVisible();
});
