import { defineConfig } from "@playwright/test";
import base from "./playwright.config";

// Not a test: pictures of everything, to look at.
export default defineConfig({ ...base, projects: [], testDir: "shots", timeout: 1_800_000 });
