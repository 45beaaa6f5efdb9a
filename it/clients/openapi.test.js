// The OpenAPI documents, read by a strict YAML 1.2 parser and held to the schema of OpenAPI 3.1 itself.
// BASE_URL names the server that answers one of them.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';

const documents = new URL('../../docs/api/', import.meta.url);

async function specification(document) {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(document);
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(validator.version, '3.1');
  return validator.specification;
}

for (const file of ['openapi.yaml', 'adapter-host.yaml']) {
  test(`docs/api/${file} is valid OpenAPI`, async () => {
    await specification(await readFile(new URL(file, documents), 'utf8'));
  });
}

test('the server answers with the document of docs/api', async () => {
  const file = await specification(await readFile(new URL('openapi.yaml', documents), 'utf8'));
  const answer = await fetch(`${process.env.BASE_URL}/openapi.json`);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'application/json');
  assert.deepEqual(await answer.json(), file);
});
