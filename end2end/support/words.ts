// What the page says, as the files of the course say it: a test names the words instead of repeating them.
import { readFileSync } from "node:fs";

/** A language of the course. */
export type Locale = "en" | "zh";

export const LOCALES: Locale[] = ["en", "zh"];

/** Matches what `file.key` says in a language, whatever stands in its places. */
export function said(locale: Locale, name: string): RegExp {
  const [file, key] = name.split(".");
  const text = readFileSync(new URL(`../../lessons/locale/${locale}/${file}.toml`, import.meta.url), "utf8");
  const found = new RegExp(`^${key} = "(.*)"$`, "m").exec(text);
  if (!found) throw new Error(`${locale} does not say ${name}`);
  const literal = found[1].split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(literal.join(".+"));
}
