// The client in JavaScript of docs/RECIPES.md, run as it stands but for the server and the model.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { promisify } from 'node:util';

test('recipe: the client in JavaScript prints an answer', async () => {
  const page = await readFile(new URL('../../docs/RECIPES.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```javascript\n(.*?)```/gs)];
  assert.equal(blocks.length, 1);
  const code = blocks[0][1]
    .replace('http://127.0.0.1:8000', process.env.BASE_URL)
    .replace("'demo'", `'${process.env.MODEL}'`);
  const { stdout } = await promisify(execFile)(
    process.execPath, ['--input-type=module', '--eval', code],
    { env: { ...process.env, API_KEY: 'none' } },
  );
  assert.notEqual(stdout.trim(), '');
});
