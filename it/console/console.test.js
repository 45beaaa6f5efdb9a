// The console in a real browser, against a real server with an adapter host.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import {
  ask,
  BASE_URL,
  key,
  launch,
  longRequest,
  open,
  OPEN_URL,
  quit,
  violations,
  VIEWS,
  WORK,
} from './browser.js';

before(launch);
after(quit);

const message = (page) => page.getByRole('textbox', { name: 'Message' });

async function answered(page) {
  await page.getByRole('button', { name: 'Send' }).waitFor();
  return page.locator('.turn.assistant .said').last().textContent();
}

test('a server with keys asks for one, says that a wrong one is wrong, and lets the right one in', async () => {
  const { page, picture, close } = await open();
  const field = page.getByLabel('API key', { exact: true });
  await field.waitFor();
  await field.fill('tsk-wrong');
  await page.keyboard.press('Enter');
  const alert = page.getByRole('alert').filter({ hasText: 'does not know that key' });
  await alert.waitFor();
  assert.deepEqual(await violations(page), []);
  await picture('wrong-key');
  await field.fill(key('operator'));
  await page.keyboard.press('Enter');
  await page.getByText('First token, median').waitFor();
  assert.equal(await page.getByText('live', { exact: true }).count(), 1);
  assert.ok(!(await page.content()).includes(key('operator')), 'the key is shown');
  await page.getByRole('button', { name: 'forget the API key' }).click();
  await field.waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await close(401);
});

test('packages are uploaded by choice and by drop; a refusal has its reason', async () => {
  const { page, show, picture, close } = await open({ key: key('operator'), view: 'adapters' });
  await page.getByText('No adapters yet').waitFor();
  await page.setInputFiles('#package-file', [`${WORK}/altered.tssp`, `${WORK}/hosted/ferry.tssp`]);
  await page
    .locator('.note-box.good', { hasText: 'Accepted: ferry, version 1, encrypted.' })
    .waitFor();
  const refusal = page.locator('.note-box.bad').filter({ hasText: 'altered.tssp' });
  assert.match(
    await refusal.textContent(),
    /Refused: part 'weights' is not the one that was signed/,
  );
  assert.match(await refusal.textContent(), /adapter_digest_mismatch/);
  const data = await page.evaluateHandle(
    (bytes) => {
      const transfer = new DataTransfer();
      transfer.items.add(
        new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], 'pirate.tssp'),
      );
      return transfer;
    },
    readFileSync(`${WORK}/pirate.tssp`).toString('base64'),
  );
  await page.dispatchEvent('.drop', 'dragover', { dataTransfer: data });
  assert.equal(await page.locator('.drop.over').count(), 1);
  await page.dispatchEvent('.drop', 'drop', { dataTransfer: data });
  await page
    .locator('.note-box.good', { hasText: 'Accepted: pirate, version 1, plain.' })
    .waitFor();
  await show('adapters');
  const pirate = page
    .getByRole('article')
    .filter({ has: page.getByRole('heading', { name: 'pirate' }) });
  await pirate.waitFor();
  for (const shown of [
    'acme',
    'Plain',
    'in 89 d',
    'Apache-2.0',
    'of 200K tokens used',
    'everybody',
  ]) {
    assert.ok((await pirate.textContent()).includes(shown), shown);
  }
  const ferry = page
    .getByRole('article')
    .filter({ has: page.getByRole('heading', { name: 'ferry' }) });
  await ferry.getByText('What this mode protects').click();
  await ferry.getByText('The adapter host learns nothing of what you write or get').waitFor();
  assert.deepEqual(await violations(page), []);
  await picture('adapters-upload');
  await close(400);
});

test('a chat is streamed, says what computed it, and can be stopped', async () => {
  const { page, picture, close } = await open({ key: key('app'), view: 'chat' });
  await page.locator('#chat-model option').nth(2).waitFor({ state: 'attached' });
  await page.selectOption('#chat-model', 'ferry');
  await page.getByText('Settings').click();
  await page.getByLabel('Temperature').fill('0');
  await page.evaluate(() => {
    window.lengths = new Set();
    new MutationObserver(() => {
      const said = document.querySelector('.turn.assistant .said');
      window.lengths.add(said ? said.textContent.length : 0);
    }).observe(document.querySelector('.turns'), {
      childList: true,
      subtree: true,
      characterData: true,
    });
  });
  await message(page).fill('When does the last boat leave?');
  await page.keyboard.press('Enter');
  assert.match(await answered(page), /Saltmarsh Quay/);
  const lengths = await page.evaluate(() => window.lengths.size);
  assert.ok(lengths > 5, `the answer came in ${lengths} pieces`);
  const about = page.locator('.about');
  const { data } = await (await ask('/v1/adapters')).json();
  const digest = data.find((a) => a.id === 'ferry').adapter_digest;
  assert.equal(await about.locator('.copy').getAttribute('title'), digest);
  assert.match(
    await about.textContent(),
    /Encrypted.*Each of its answers is checked against a secret tag/,
  );
  assert.deepEqual(await violations(page), []);
  await picture('chat');

  // what people and models write is text
  await page.selectOption('#chat-model', 'pirate');
  await message(page).fill('<img src="/none.png" onerror="window.pwned = true"><b>bold</b>');
  await page.keyboard.press('Enter');
  await answered(page);
  assert.equal(await page.locator('.turn img, .turn b').count(), 0);
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.match(await about.textContent(), /Plain/);

  const cancelled = async () => (await (await ask('/v1/status')).json()).outputs.cancelled;
  const before = await cancelled();
  await page.getByLabel('Temperature').fill('2');
  await page.getByLabel('Most tokens').fill('300');
  await page.evaluate(() => {
    const turns = document.querySelectorAll('.turn').length;
    new MutationObserver((changes, observer) => {
      const said = document.querySelectorAll('.turn.assistant .said');
      if (document.querySelectorAll('.turn').length > turns && said[said.length - 1].textContent) {
        observer.disconnect();
        [...document.querySelectorAll('.ask button')].find((b) => b.textContent === 'Stop').click();
      }
    }).observe(document.querySelector('.turns'), {
      childList: true,
      subtree: true,
      characterData: true,
    });
  });
  await message(page).fill('Tell me a story');
  await page.keyboard.press('Enter');
  await page.getByText('Stopped; the server was told.').waitFor();
  while ((await cancelled()) === before) {
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  await close(403);
});

test('an admin sees requests that run, and cancels one', async () => {
  const { page, picture, close } = await open({ key: key('operator'), view: 'requests' });
  await page.getByText('No request is being answered').waitFor();
  const running = longRequest('from-a-test');
  const row = page.getByRole('row').filter({ hasText: 'from-a-test' });
  await row.waitFor();
  await row.getByText('running').waitFor();
  for (const shown of ['app', 'demo', 'Base model']) {
    assert.ok((await row.textContent()).includes(shown), shown);
  }
  assert.deepEqual(await violations(page), []);
  await row.getByRole('button', { name: 'Cancel request from-a-test' }).click();
  const dialog = page.getByRole('dialog', { name: 'Cancel this request?' });
  await dialog.waitFor();
  assert.deepEqual(await violations(page), []);
  await picture('cancel');
  await dialog.getByRole('button', { name: 'Let it run' }).click();
  await row.getByRole('button').click();
  await dialog.getByRole('button', { name: 'Cancel request' }).click();
  const answer = await running;
  assert.equal(answer.status, 403);
  assert.equal((await answer.json()).error.code, 'request_cancelled');
  await page.getByText('No request is being answered').waitFor();
  await close();
});

test('every view is accessible, in light and in dark, while the server works', async () => {
  const running = [longRequest('one', 'pirate', 32), longRequest('two', 'ferry', 4)];
  const look = async (colorScheme) => {
    const { page, show, picture, close } = await open({ key: key('operator'), colorScheme });
    await page.waitForFunction(() => document.querySelectorAll('.chart canvas').length === 5);
    for (const view of VIEWS) {
      await show(view);
      assert.deepEqual(await violations(page), [], `${view}, ${colorScheme}`);
      await picture(`${view}-${colorScheme}`);
    }
    await close();
  };
  await Promise.all([look('light'), look('dark')]);
  for (const id of ['one', 'two']) {
    await ask(`/v1/requests/${id}/cancel`, {});
  }
  await Promise.all(running);
});

test('a screen of 390 pixels is enough, and nothing has to be scrolled sideways', async () => {
  const { page, show, picture, close } = await open({
    key: key('operator'),
    viewport: { width: 390, height: 844 },
    hasTouch: true,
  });
  const running = longRequest('small-screen', 'demo', 64);
  await show('requests');
  await page.getByText('small-screen').waitFor();
  for (const view of VIEWS) {
    await show(view);
    const [wide, seen] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      innerWidth,
    ]);
    assert.equal(wide, seen, view);
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll('main *')]
        .filter((e) => e.getClientRects().length && !e.closest('.unseen, svg, .uplot, thead'))
        .filter((e) => e.getBoundingClientRect().right > innerWidth + 0.5)
        .map((e) => `${e.tagName} ${e.className} ${e.textContent.slice(0, 40)}`),
    );
    assert.deepEqual(cut, [], view);
    await picture(`${view}-small`);
  }
  await ask('/v1/requests/small-screen/cancel', {});
  await running;
  await close();
});

test('everything is reached with the keyboard, and seen where it is', async () => {
  const { page, show, close } = await open({ key: key('operator') });
  await page.getByText('First token, median').waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
  await page.keyboard.press('Enter');
  for (const view of VIEWS) {
    await show(view);
    const names = [];
    // from the beginning of the page until the focus comes back to it, or leaves it
    await page.evaluate(() => document.querySelector('.skip').focus());
    for (let i = 0; i < 80; i++) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const e = document.activeElement;
        const box = e.matches('input[type=file]') ? e.parentElement : e;
        const style = getComputedStyle(box);
        return {
          body: e === document.body,
          name: (e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText).trim(),
          outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        };
      });
      if (at.body || at.name === 'Skip to content') {
        break;
      }
      assert.ok(at.name, `${view}: something without a name`);
      assert.ok(at.outlined, `${view}: ${at.name} has no outline`);
      names.push(at.name);
    }
    for (const known of ['Overview', 'Chat', 'Switch to dark']) {
      assert.ok(names.includes(known), `${view}: ${known} is not reached, only ${names}`);
    }
  }
  // a conversation without a mouse
  await show('overview');
  const chat = page.getByRole('link', { name: 'Chat', exact: true });
  await chat.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Chat', level: 1 }).waitFor();
  await page.locator('#chat-model option').first().waitFor({ state: 'attached' });
  while (!(await message(page).evaluate((e) => e === document.activeElement))) {
    await page.keyboard.press('Tab');
  }
  await page.keyboard.type('What is TenSafe?');
  await page.keyboard.press('Enter');
  assert.match(await answered(page), /\w{3}/);
  assert.ok(await message(page).evaluate((e) => e === document.activeElement));
  await close();
});

test('a key sees what its scopes allow', async () => {
  const app = await open({ key: key('app') });
  await app.page.getByText('This key may not look here').waitFor();
  assert.deepEqual(await violations(app.page), []);
  await app.picture('limited-key');
  await app.show('adapters');
  await app.page.getByRole('heading', { name: 'ferry' }).waitFor();
  await app.page.setInputFiles('#package-file', `${WORK}/pirate2.tssp`);
  await app.page
    .locator('.note-box', { hasText: 'Uploading needs an API key with the scope “adapters”.' })
    .waitFor();
  await app.close(403);

  const watcher = await open({ key: key('dashboards'), view: 'requests' });
  const running = longRequest('watched', 'demo', 16);
  await watcher.page.getByText('watched').waitFor();
  assert.equal(await watcher.page.getByRole('button', { name: /Cancel/ }).count(), 0);
  await watcher.show('adapters');
  await watcher.page.getByRole('heading', { name: 'ferry' }).waitFor();
  assert.equal(await watcher.page.locator('.drop:visible').count(), 0);
  await watcher.show('keys');
  const row = watcher.page.getByRole('row').filter({ hasText: 'operator' });
  await row.getByText('admin').waitFor();
  assert.ok(!(await watcher.page.content()).includes(key('operator')));
  await ask('/v1/requests/watched/cancel', {});
  await running;
  await watcher.close();
});

test('a server without keys and adapters is looked at without either', async () => {
  const { page, show, picture, close } = await open({ url: OPEN_URL, view: 'adapters' });
  await page.getByText('This server accepts no adapters').waitFor();
  await show('hosts');
  await page.getByText('No adapter host').waitFor();
  assert.deepEqual(await violations(page), []);
  await picture('open-hosts');
  await show('keys');
  await page.getByText('This server has no file of API keys').waitFor();
  assert.deepEqual(await violations(page), []);
  await close();
});

test('a server that does not answer is said so, and found again', async () => {
  const { page, picture, close } = await open({ key: key('operator') });
  await page.getByText('First token, median').waitFor();
  // an answer that says nothing: what a proxy gives whose server is gone
  await page.route('**/v1/status', (route) => route.fulfill({ status: 502, body: 'bad gateway' }));
  const banner = page.getByRole('alert').filter({ hasText: 'The server does not answer' });
  await banner.waitFor();
  assert.ok(await page.getByText('First token, median').isVisible(), 'the last numbers stand');
  await picture('gone');
  await page.unroute('**/v1/status');
  await banner.waitFor({ state: 'hidden' });
  await close(502);
});

test('the theme is the system’s until it is switched, and stays switched', async () => {
  const { page, context, close } = await open({ url: OPEN_URL, colorScheme: 'dark' });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.getByRole('button', { name: 'Switch to light' }).click();
  const light = await background();
  assert.notEqual(light, dark);
  await page.reload();
  assert.equal(await background(), light);
  assert.equal(context.pages().length, 1);
  await close();
});

test('nothing of the console is data, and the API is as it was', async () => {
  const page = await fetch(`${BASE_URL}/`);
  assert.equal(page.status, 200);
  assert.match(
    page.headers.get('content-security-policy'),
    /^default-src 'none'; script-src 'self';/,
  );
  const text = await page.text();
  for (const secret of ['ferry', 'operator', 'demo']) {
    assert.ok(!text.includes(secret), secret);
  }
  assert.equal((await fetch(`${BASE_URL}/v1/models`)).status, 401);
  assert.equal((await fetch(`${BASE_URL}/`, { method: 'POST' })).status, 405);
});
