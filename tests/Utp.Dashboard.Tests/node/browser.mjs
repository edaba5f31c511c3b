// A real browser, driven by lines of JSON: {"id", "code", "args"} comes, and {"id", "value"} or {"id", "error"} goes.
// "code" is the body of an async function of page, context, browser, args and axe (the source of axe-core); "options" begins a page of its own, "expression"
// is waited for until it is true, and "ends" closes the page and tells what it complained of.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const AsyncFunction = (async () => {}).constructor;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath: process.argv[2], args: ["--no-sandbox", "--disable-gpu"] });
const contexts = new Map();
const say = answer => process.stdout.write(JSON.stringify(answer) + "\n");

// The page's policy forbids what Playwright's own waiting for an expression does.
async function until(page, expression) {
  const end = Date.now() + 60_000;
  while (!await page.evaluate(`!!(${expression})`).catch(() => false)) {
    if (Date.now() > end) throw new Error(`After a minute it is still not so: ${expression}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

async function run({ page: name, options, code, args, ends, expression }) {
  if (options) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const problems = [];
    page.on("pageerror", error => problems.push(String(error)));
    page.on("console", message => message.type() === "error" && problems.push(message.text()));
    contexts.set(name, { context, page, problems });
  }
  const { context, page, problems } = contexts.get(name);
  if (ends) {
    contexts.delete(name);
    await context.close();
    return problems;
  }
  if (expression) return until(page, expression);
  return code ? await new AsyncFunction("page", "context", "browser", "args", "axe", code)(page, context, browser, args, axe) : null;
}

say({ id: 0, value: browser.version() });
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  run(asked).then(value => say({ id: asked.id, value: value ?? null }), error => say({ id: asked.id, error: String(error?.stack ?? error) }));
}
await browser.close();
