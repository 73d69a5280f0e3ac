// The instructor's faces: a class is opened, led through a step, broken, handed over and reported, on desk, wall and remote.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { APIRequestContext, Browser, Locator, Page } from "@playwright/test";
import { expect, test } from "../support/test";
import { WIDTHS } from "../support/browser";
import { LOCALES, said, type Locale } from "../support/words";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const button = (page: Page | Locator, locale: Locale, key: string) =>
  page.getByRole("button", { name: said(locale, `class.${key}`), exact: true });

/** Opens a class from its page, and gives the code. */
async function open(page: Page, locale: Locale): Promise<string> {
  await page.goto(`/${locale}/class`);
  await button(page, locale, "open").click();
  await expect(page).toHaveURL(/\/class\/[A-Z0-9]{6}\/desk$/);
  await expect(page.locator(".desk")).toHaveAttribute("data-standing", "live");
  return page.url().split("/").at(-2) ?? "";
}

/** Somebody joins who does nothing more. */
async function join(request: APIRequestContext, code: string, nickname?: string) {
  const answer = await request.post(`/api/classes/${code}/readers`, { data: nickname ? { nickname } : {} });
  expect(answer.ok()).toBe(true);
}

async function other(browser: Browser, path: string, viewport = { width: 1440, height: 900 }) {
  const context = await browser.newContext({ baseURL: test.info().project.use.baseURL, viewport });
  const page = await context.newPage();
  await page.goto(path);
  return { context, page };
}

/** What axe finds, as sentences. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    // @ts-expect-error axe was put into the page a line above
    const results = await window.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    });
    return results.violations.map(
      (violation: { id: string; nodes: { html: string; failureSummary: string }[] }) =>
        `${violation.id}: ${violation.nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(" | ")}`,
    );
  });
}

async function fits(page: Page, what: string) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(over, what).toBeLessThanOrEqual(0);
}

for (const locale of LOCALES) {
  test(`a class from its opening to its report: ${locale}`, async ({ page, browser, request }) => {
    test.setTimeout(180_000);
    const code = await open(page, locale);
    await expect(page.getByText(said(locale, "class.rehearsal"))).toBeVisible();

    const wall = await other(browser, `/${locale}/class/${code}/wall`);
    await expect(wall.page.locator(".wall")).toHaveAttribute("data-scene", "lobby");
    await expect(wall.page.locator(".lobby .class-code")).toHaveText(`${code.slice(0, 3)} ${code.slice(3)}`);
    await expect(wall.page.locator(".lobby .address")).toContainText(`/join/${code}`);
    expect(await wall.page.locator(".lobby img").evaluate((img: HTMLImageElement) => img.decode().then(() => img.naturalWidth))).toBeGreaterThan(0);

    // Names are text, whatever is in them.
    await join(request, code, "<img src=x onerror=alert(1)>");
    await join(request, code);
    const rows = page.locator(".roster .rows > li");
    await expect(rows).toHaveCount(2);
    await expect(rows.first()).toContainText("<img src=x");

    // To the first step of the plan: the desk has the teacher's part, the wall has the title.
    await button(page, locale, "next").click();
    await expect(page.locator(".step-title")).not.toBeEmpty();
    await expect(page.locator(".teacher .text h3")).toHaveCount(4);
    await expect(wall.page.locator(".wall")).toHaveAttribute("data-scene", "step");
    await expect(wall.page.locator(".on-step h1")).toHaveText((await page.locator(".step-title").textContent()) ?? "");

    // The vote: shown in stages, and hands count.
    const bars = wall.page.locator(".bars .count");
    await expect(bars.first()).toBeHidden();
    await page.locator(".hands summary").click();
    await page.locator(".hands input").first().fill("7");
    await button(page, locale, "hands_count").click();
    await expect(wall.page.locator(".vote .counts")).toContainText("7");
    await expect(bars.first()).toBeHidden();
    await button(page, locale, "reveal_votes").click();
    await expect(bars.first()).toContainText("7");
    await expect(wall.page.locator(".is-right").locator("visible=true")).toHaveCount(0);
    await button(page, locale, "reveal_wire").click();
    await expect(wall.page.locator(".measured")).toBeVisible();
    await button(page, locale, "reveal_reason").click();
    await expect(wall.page.locator("[data-right=true]")).toHaveCount(1);
    await expect(wall.page.locator(".why")).not.toBeEmpty();

    // A scenario, a single fault with a wrong parameter, and all mended.
    await page.locator(".scenarios .story").nth(1).click();
    await expect(wall.page.locator("footer .fault")).toHaveCount(1);
    await page.locator(".kinds > summary").click();
    await page.locator("form[data-kind=latency] .switch").click();
    await expect(wall.page.locator("footer .fault")).toHaveCount(2);
    await expect(page.locator("form[data-kind=latency]")).toHaveAttribute("data-on", "true");
    await button(page, locale, "mend_all").click();
    await expect(wall.page.locator("footer .fault")).toHaveCount(0);
    await button(page, locale, "publish").click();

    // Eyes on the front, and back.
    await button(page, locale, "steer_eyes").click();
    await expect(wall.page.locator(".eyes")).toBeVisible();
    await button(page, locale, "steer_eyes").click();
    await expect(wall.page.locator(".eyes")).toBeHidden();

    // The first reader is given another name, and the second one leaves.
    await rows.first().locator(".who").click();
    await page.locator(".one input").fill("Ada");
    await button(page, locale, "rename").click();
    await expect(rows.first()).toContainText("Ada");
    await rows.nth(1).locator(".who").click();
    await button(page, locale, "remove").click();
    await button(page, locale, "remove_sure").click();
    await expect(rows).toHaveCount(1);

    // A phone takes the wheel; the desk sees that and takes it back.
    await button(page, locale, "hand_over").click();
    const href = (await page.locator(".hand-over a").getAttribute("href")) ?? "";
    await expect(page.locator(".hand-over .qr svg")).toBeVisible();
    const token = new URL(href).hash;
    expect(token.length).toBeGreaterThan(16);
    const phone = await other(browser, `/${locale}/class/${code}/remote${token}`, { width: 390, height: 844 });
    await expect(phone.page.locator(".remote")).toHaveAttribute("data-standing", "live");
    expect(phone.page.url()).not.toContain("#");
    expect(await phone.page.content()).not.toContain(token.slice(1));
    expect(await wall.page.content()).not.toContain(token.slice(1));
    await expect(button(phone.page, locale, "next")).toBeDisabled();
    await button(phone.page, locale, "drive").click();
    const before = await page.locator(".step-title").textContent();
    await button(phone.page, locale, "next").click();
    await expect(page.locator(".step-title")).not.toHaveText(before ?? "");
    await expect(page.getByText(said(locale, "class.other_drives"))).toBeVisible();
    await expect(button(page, locale, "next")).toBeDisabled();
    await button(page, locale, "drive").click();
    await expect(button(page, locale, "next")).toBeEnabled();

    // All faces pass, at every width that they are made for.
    const faces: [string, Page, readonly (readonly [number, number])[]][] = [
      ["desk", page, WIDTHS],
      ["wall", wall.page, WIDTHS],
      ["remote", phone.page, WIDTHS.slice(2)],
    ];
    for (const [name, face, widths] of faces) {
      for (const colorScheme of ["light", "dark"] as const) {
        await face.emulateMedia({ colorScheme });
        expect(await violations(face), `${name}, ${colorScheme}`).toEqual([]);
      }
      for (const [width, height] of widths) {
        await face.setViewportSize({ width, height });
        await fits(face, `${name} at ${width}`);
      }
    }

    // The report says what happened, and can be deleted.
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`/${locale}/class/${code}/report`);
    await expect(page.locator(".class-report table").first()).toContainText("Ada");
    await expect(page.getByRole("heading", { name: said(locale, "class.report_votes") })).toBeVisible();
    expect(await violations(page), "report").toEqual([]);
    await fits(page, "report");
    await button(page, locale, "delete").click();
    await button(page, locale, "delete_sure").click();
    await expect(page.getByText(said(locale, "class.deleted"))).toBeVisible();
    expect((await request.get(`/api/classes/${code}`)).status()).toBe(404);
    await Promise.all([wall.context.close(), phone.context.close()]);
  });
}

test("the keyboard alone suffices on the desk", async ({ page }) => {
  await open(page, "en");
  const next = button(page, "en", "next");
  await next.focus();
  await page.keyboard.press("Enter");
  await expect(page.locator(".step-title")).not.toBeEmpty();
  await page.locator(".scenarios .story").first().focus();
  await page.keyboard.press("Space");
  await expect(page.locator(".desk .fault[data-on=true]").first()).toBeVisible();
  // Cleaning up takes two presses on the same button.
  await button(page, "en", "panic").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await expect(page.getByText(said("en", "class.clean"))).toBeVisible();
});

test("without the right there is no desk, and a wrong code leads nowhere", async ({ page, browser }) => {
  const code = await open(page, "en");
  const stranger = await other(browser, `/en/class/${code}/desk`);
  await expect(stranger.page.getByText(said("en", "class.gone"))).toBeVisible();
  await expect(button(stranger.page, "en", "next")).toBeDisabled();
  await stranger.page.goto("/en/class?code=nothing");
  await expect(stranger.page.getByRole("alert")).toBeVisible();
  await stranger.page.locator("[name=code]").fill(`${code.slice(0, 3)} ${code.slice(3)}`.toLowerCase());
  await stranger.page.keyboard.press("Enter");
  await expect(stranger.page).toHaveURL(new RegExp(`/en/join/${code}$`));
  await stranger.context.close();
});

test("a reader's lab is seen live on the desk and on the wall", async ({ page, browser }) => {
  test.setTimeout(120_000);
  const code = await open(page, "en");
  await button(page, "en", "next").click();
  const reader = await other(browser, `/en/join/${code}`);
  await reader.page.getByRole("button", { name: said("en", "member.join") }).click();
  await expect(reader.page).toHaveURL(/\/lessons\//);
  const prediction = reader.page.locator(".choice[data-which=prediction]");
  await expect(prediction).toHaveAttribute("data-hydrated", "true");
  await prediction.locator("[data-option] input").first().check();
  await prediction.locator("button.lock").click();

  // The instructor lets all labs run; the row says so, and the picture grows by itself.
  await button(page, "en", "steer_start").click();
  await reader.page.locator("#lab-ledger").hover();
  const row = page.locator(".roster .rows > li").first();
  await expect(row.locator("[data-runs=true]")).toBeVisible();
  await expect(page.locator("[data-count=voted]")).toContainText("1");
  await row.locator(".who").click();
  const marks = page.locator(".one .pc-paper g, .one .pc-paper path");
  await expect.poll(() => marks.count()).toBeGreaterThan(5);
  await button(page, "en", "on_wall").click();
  const wall = await other(browser, `/en/class/${code}/wall`);
  await expect.poll(() => wall.page.locator(".screen .pc-paper g, .screen .pc-paper path").count()).toBeGreaterThan(5);
  for (const face of [page, wall.page]) {
    expect((await face.locator(".screen .pc-scroll").boundingBox())?.height, "the picture has room").toBeGreaterThan(120);
  }
  await expect(wall.page.locator(".sentence")).not.toBeEmpty();
  await button(page, "en", "off_wall").click();
  await expect(wall.page.locator(".screen")).toHaveCount(0);

  // A fault for everybody reaches the reader's lab, and cleaning up takes it away.
  await page.locator(".scenarios .story").nth(1).click();
  await expect(reader.page.locator("section.lab .fault[data-on=true]").first()).toBeVisible();
  await button(page, "en", "panic").click();
  await button(page, "en", "panic_sure").click();
  await expect(reader.page.locator("section.lab .fault[data-on=true]").locator("visible=true")).toHaveCount(0);
  await Promise.all([reader.context.close(), wall.context.close()]);
});
