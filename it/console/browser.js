// A page of the console that remembers everything that went wrong in it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const { BASE_URL, OPEN_URL, WORK, PICTURES } = process.env;
export const VIEWS = ['overview', 'requests', 'adapters', 'hosts', 'keys', 'chat'];

let browser;

export async function launch() {
  browser = await chromium.launch({
    executablePath: process.env.BROWSER,
    // CI runs as root
    args: ['--no-sandbox'],
  });
}

export async function quit() {
  await browser.close();
}

export const key = (name) => readFileSync(`${WORK}/${name}.txt`, 'utf8').trim();

/**
 * Opens the console.
 *
 * @param options of the browser's context, and `url`, `key`, `view`
 */
export async function open({ url = BASE_URL, key: given, view = 'overview', ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const faults = [];
  const refused = new Set();
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // the browser reports answers that are no 2xx: a test says which it expects
    const status = /status of (\d+)/.exec(message.text())?.[1];
    if (status) {
      refused.add(Number(status));
    } else if (['error', 'warning'].includes(message.type())) {
      faults.push(`${message.type()}: ${message.text()}`);
    }
  });
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== url) {
      faults.push(`asked ${request.url()}`);
    }
  });
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', (event) =>
      window.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  if (given) {
    await page.addInitScript((value) => sessionStorage.setItem('tensafe-api-key', value), given);
  }
  await page.goto(`${url}/#/${view}`);
  return {
    page,
    context,
    show: async (name) => {
      await page.goto(`${url}/#/${name}`);
      await page.waitForSelector(`.nav a[href="#/${name}"][aria-current="page"]`);
      await page.waitForFunction(() => !document.querySelector('[aria-busy]'));
    },
    picture: (name) => page.screenshot({ path: `${PICTURES}/${name}.png` }),
    /** Closes it; nothing may have gone wrong, and no other answers than these have been refusals. */
    close: async (...statuses) => {
      assert.deepEqual(await page.evaluate(() => window.violations), [], 'policy');
      await context.close();
      assert.deepEqual(faults, []);
      assert.deepEqual([...refused].sort(), statuses);
    },
  };
}

/** What axe finds wrong in a page as it is. */
export async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() =>
    window.axe.run(document, { resultTypes: ['violations'] }),
  );
  return found.violations.map(
    (v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.any[0]?.message ?? ''}`).join('; ')}`,
  );
}

/** A request of the API by somebody else. */
export function ask(path, body, by = 'operator', headers = {}) {
  return fetch(`${BASE_URL}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      Authorization: `Bearer ${key(by)}`,
      'Content-Type': 'application/json',
      ...headers,
    },
    body: body && JSON.stringify(body),
  });
}

/** A request that takes seconds: many outputs, as long as the context lets them be. */
export function longRequest(id, model = 'demo', outputs = 64) {
  return ask(
    '/v1/chat/completions',
    {
      model,
      n: outputs,
      ignore_eos: true,
      max_tokens: 440,
      messages: [{ role: 'user', content: 'What is TenSafe?' }],
    },
    'app',
    { 'X-Request-Id': id },
  );
}
