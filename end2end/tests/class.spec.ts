// A whole class: an instructor, a projector and readers in two languages, with votes, faults, one who comes late, one who goes
// astray, and a server that is killed in the middle.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { expect, test } from "../support/test";
import { said, type Locale } from "../support/words";

// One server of our own, for both tests.
test.describe.configure({ mode: "serial" });

// It is killed: of that the browser complains.
test.use({ breaks: true });

const PORT = Number(process.env.TEST_PORT ?? 3100) + 40;
const SITE = `http://localhost:${PORT}`;
const folder = mkdtempSync(join(tmpdir(), "lifeline-class-"));
let server: ChildProcess;

/** Starts the server on the class's file, and waits until it says where it is. */
async function serve() {
  const args = ["serve", "--site", `127.0.0.1:${PORT}`, "--lab", `127.0.0.1:${PORT + 1}`, "--data", join(folder, "class.db")];
  server = spawn("../target/debug/lifeline", args, { stdio: ["ignore", "pipe", "inherit"] });
  await once(server.stdout!, "data");
}

async function kill() {
  const gone = once(server, "exit");
  server.kill("SIGKILL");
  await gone;
}

test.beforeAll(serve);
test.afterAll(async () => {
  await kill();
  rmSync(folder, { recursive: true });
});

const press = (page: Page, locale: Locale, key: string) =>
  page.getByRole("button", { name: said(locale, key), exact: true }).first().click();

async function visitor(browser: Browser, path: string) {
  const context = await browser.newContext({ baseURL: SITE, viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(path);
  return page;
}

/** Somebody scans the code, in a browser of this language, and joins: one tap. */
async function reader(browser: Browser, code: string, locale: Locale, name: string) {
  const context = await browser.newContext({ baseURL: SITE, locale: locale === "zh" ? "zh-CN" : "en-GB" });
  const page = await context.newPage();
  await page.goto(`/join/${code}`);
  await expect(page).toHaveURL(`${SITE}/${locale}/join/${code}`);
  await expect(page.locator("[data-reach=good]")).toHaveCount(3);
  await page.locator("#join-name").fill(name);
  await press(page, locale, "member.join");
  await expect(page.locator(".class-bar")).toHaveAttribute("data-standing", "live");
  return page;
}

async function predict(page: Page, option: string) {
  await page.locator(`[data-which=prediction] [data-option="${option}"] input`).check();
  await page.locator("[data-which=prediction] button.lock").click();
}

const step = (locale: Locale, name: string) => new RegExp(`/${locale}/lessons/${name}$`);

test("a class with all that can happen to it", async ({ browser }) => {
  test.setTimeout(240_000);
  const desk = await visitor(browser, "/en/class");
  await press(desk, "en", "class.open");
  await expect(desk).toHaveURL(/\/desk$/);
  const code = desk.url().split("/").at(-2) ?? "";
  const wall = await visitor(browser, `/en/class/${code}/wall`);
  const row = (name: string) => desk.locator(".roster .rows > li", { hasText: name });

  // Two join and wait; the class begins, and both are where it is, each in their own language.
  const ada = await reader(browser, code, "en", "Ada");
  const xiaoming = await reader(browser, code, "zh", "小明");
  await expect(ada).toHaveURL(/\/room$/);
  await expect(wall.locator(".lobby .here")).toContainText("2");
  await desk.getByRole("combobox", { name: said("en", "class.choose_step") }).selectOption("short-polling/mostly-empty");
  await expect(ada).toHaveURL(step("en", "short-polling/mostly-empty"));
  await expect(xiaoming).toHaveURL(step("zh", "short-polling/mostly-empty"));
  await expect(ada.locator(".class-bar .how")).toHaveText(said("en", "member.together"));

  // They predict; nobody sees what, until the instructor shows it.
  const options = await ada.locator("[data-which=prediction] [data-option]").evaluateAll((all) => all.map((one) => one.getAttribute("data-option") ?? ""));
  await predict(ada, options[0]);
  await predict(xiaoming, options[1]);
  await expect(wall.locator(".vote .counts")).toContainText("2");
  await expect(ada.locator(".shares li")).toHaveCount(0);
  await press(desk, "en", "class.reveal_votes");
  await expect(ada.locator(".shares li").first()).toContainText(said("en", "member.share"));
  await expect(xiaoming.locator(".shares li").first()).toContainText(said("zh", "member.share"));

  // One press, and all labs run: the wall tells what their browsers did together.
  await press(desk, "en", "class.steer_start");
  await expect(ada.locator("section.lab .exchange, section.lab [data-exchange], section.lab svg").first()).toBeVisible();
  await expect(row("Ada")).toContainText(said("en", "class.runs"));
  await expect(row("小明")).toContainText(said("en", "class.runs"));
  await expect(wall.locator(".together .sentence")).toContainText(/2 .*[1-9]/);

  // The network breaks for all, and is mended.
  await desk.locator(".scenarios .story").first().click();
  await expect(wall.locator("footer .fault").first()).toBeVisible();
  await expect(ada.locator("section.lab .fault").first()).toBeVisible();
  await expect(xiaoming.locator("section.lab .fault").first()).toBeVisible();

  // Who comes late has it all at once: the step, the fault, and a lab that runs once the prediction is locked.
  const late = await reader(browser, code, "zh", "Zoe");
  await expect(late).toHaveURL(step("zh", "short-polling/mostly-empty"));
  await expect(late.locator("section.lab .fault").first()).toBeVisible();
  await predict(late, options[0]);
  await expect(row("Zoe")).toContainText(said("en", "class.runs"));
  await press(desk, "en", "class.mend_all");
  await expect(ada.locator("section.lab .fault")).toHaveCount(0);

  // One goes astray, says to be stuck, and comes back.
  await ada.getByRole("link", { name: said("en", "page.next") }).click();
  await expect(ada.locator(".class-bar .how")).toHaveText(said("en", "member.apart"));
  await press(ada, "en", "member.stuck");
  await expect(desk.locator(".counts [data-count=stuck]")).toContainText("1");
  await ada.getByRole("link", { name: said("en", "member.back") }).click();
  await expect(ada).toHaveURL(step("en", "short-polling/mostly-empty"));
  await expect(ada.locator(".class-bar .how")).toHaveText(said("en", "member.together"));

  // All eyes on the front: labs rest, and pages say so.
  await press(desk, "en", "class.steer_eyes");
  await expect(ada.locator(".class-eyes")).toBeVisible();
  await expect(row("Ada")).toContainText(said("en", "class.rests"));
  await press(desk, "en", "class.steer_eyes");
  await expect(ada.locator(".class-eyes")).toBeHidden();

  // The server is killed. After it is back, everything is where it was, and nobody did anything for it.
  await desk.locator(".scenarios .story").first().click();
  await expect(wall.locator("footer .fault").first()).toBeVisible();
  await kill();
  await expect(ada.locator(".class-bar")).toHaveAttribute("data-standing", "away");
  await serve();
  for (const page of [ada, xiaoming, late]) {
    await expect(page.locator(".class-bar")).toHaveAttribute("data-standing", "live", { timeout: 20_000 });
    await expect(page.locator("section.lab .fault").first()).toBeVisible({ timeout: 20_000 });
  }
  await expect(desk.locator(".desk")).toHaveAttribute("data-standing", "live", { timeout: 20_000 });
  await expect(row("小明")).toBeVisible();
  await expect(ada.locator(".shares li").first()).toContainText(said("en", "member.share"));
  await press(desk, "en", "class.mend_all");
  await expect(wall.locator("footer .fault")).toHaveCount(0);

  // A reload loses nothing, and one who was removed is out.
  await xiaoming.reload();
  await expect(xiaoming.locator(".class-bar .who")).toContainText("小明");
  await expect(xiaoming).toHaveURL(step("zh", "short-polling/mostly-empty"));

  // The quiz leads all to its page and back.
  await desk.getByRole("combobox", { name: said("en", "class.phase") }).selectOption({ index: 3 });
  await expect(late).toHaveURL(new RegExp(`/zh/join/${code}/quiz/after$`));
  const question = late.locator(".class-quiz .quiz").first();
  await question.locator("input").first().check();
  await question.locator("button.lock").click();
  await expect(question.locator("[role=status]")).toHaveText(said("zh", "step.locked"));

  // The report knows who was there.
  const report = await desk.request.get(`${SITE}/api/classes/${code}/report.csv`);
  const csv = await report.text();
  for (const name of ["Ada", "小明", "Zoe", "predict/short-polling/mostly-empty"]) expect(csv).toContain(name);
});

test("a class that is not there says so", async ({ browser }) => {
  const page = await visitor(browser, "/en/join/ACDEFG");
  await press(page, "en", "member.join");
  await expect(page.getByRole("alert")).toHaveText(said("en", "member.no_class"));
  await page.context().close();
});
