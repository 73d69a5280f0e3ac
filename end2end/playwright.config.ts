import { defineConfig } from "@playwright/test";
import { chromium } from "./support/browser";

// The server is the program as a stranger runs it, on ports of its own; a second run at the same time names another.
const PORT = Number(process.env.TEST_PORT ?? 3100);
export const SITE = `http://localhost:${PORT}`;

export default defineConfig({
  testDir: "tests",
  outputDir: "results",
  // Two cores: one browser beside one server, so that what is measured is not the queue for the processor.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  // Real traffic on a shared machine: one more try there, reported as flaky; none at a desk, where it should be looked into.
  retries: process.env.CI ? 1 : 0,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: { baseURL: SITE, ...chromium, trace: "retain-on-failure" },
  webServer: {
    command: `../target/debug/lifeline serve --site 127.0.0.1:${PORT} --lab 127.0.0.1:${PORT + 1}`,
    url: `${SITE}/en/`,
    reuseExistingServer: false,
    stdout: "ignore",
    stderr: "pipe",
  },
});
