import { defineConfig } from "@playwright/test";
import base from "./playwright.config";

// Not a test: pictures of everything, to look at.
const { projects: _tests, ...rest } = base;
export default defineConfig({ ...rest, testDir: "shots", timeout: 600_000 });
