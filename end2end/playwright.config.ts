import { defineConfig } from "@playwright/test";
import { chromium } from "./support/browser";
import type { Locale } from "./support/words";

// The server is the program as a stranger runs it, on ports of its own; a second run at the same time names another.
const PORT = Number(process.env.TEST_PORT ?? 3100);
export const SITE = `http://localhost:${PORT}`;

// `make recordings` walks the steps as the tests do, and keeps the runs.
const STEPS = /(four-ways|connections|polling|server-sent-events|websocket|heartbeats|race|choosing|network)\.spec/;
const TIMING = /picture\.spec/;

export default defineConfig<{ language: Locale }>({
  testDir: "tests",
  outputDir: "results",
  // A reader mostly waits for the next second to come, so that several may do it side by side.
  workers: 4,
  fullyParallel: true,
  forbidOnly: true,
  // Real traffic on a shared machine: one more try there, reported as flaky; none at a desk, where it should be looked into.
  retries: process.env.CI ? 1 : 0,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: { baseURL: SITE, ...chromium, trace: "retain-on-failure" },
  projects: [
    { name: "en", testMatch: STEPS, use: { language: "en" } },
    { name: "zh", testMatch: STEPS, use: { language: "zh" } },
    { name: "pages", testIgnore: [STEPS, TIMING] },
    // What is measured must not be the queue for the processor: alone, and last.
    { name: "timing", testMatch: TIMING, workers: 1, fullyParallel: false, dependencies: ["en", "zh", "pages"] },
  ],
  webServer: {
    command: `../target/debug/lifeline serve --site 127.0.0.1:${PORT} --lab 127.0.0.1:${PORT + 1} --crowd 4000 --data :memory:`,
    url: `${SITE}/en/`,
    reuseExistingServer: false,
    stdout: "ignore",
    stderr: "pipe",
  },
});
