import assert from 'node:assert/strict';
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import {
  checkpoint, open, probeVector, revocation, seedOf, signingKey, tensors, verify, weights,
} from './reader.js';

const vectors = process.env.VECTORS;
const fresh = process.env.FRESH;
const bytes = (...path) => new Uint8Array(readFileSync(join(...path)));
const json = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'));

function trust(directory, ...names) {
  const keys = names.map((name) => signingKey(json(directory, `${name}.pub`)));
  return new Map(keys.map((key) => [key.id, key]));
}

/** B'·A' of every module against scaling·B·A, and every probe against its answer. */
function checkSplit(openPart, sealedPart, plain, probes) {
  const scaling = plain.config.lora_alpha / (plain.config.use_rslora ? Math.sqrt(plain.config.r) : plain.config.r);
  const modules = [...sealedPart.keys()].filter((n) => n.endsWith('.weights')).map((n) => n.slice(0, -8));
  assert.ok(modules.length > 0);
  let worst = 0;
  for (const module of modules) {
    const [, layer, block, kind] = module.match(/^model\.layers\.(\d+)\.(\w+)\.(\w+)_proj$/);
    const input = { q: 'qkv', k: 'qkv', v: 'qkv', o: 'o', gate: 'gate_up', up: 'gate_up', down: 'down' }[kind];
    assert.ok(block);
    const group = `model.layers.${layer}.${input}`;
    const exponents = openPart.get(`${group}.column_exponents`).values;
    const integers = sealedPart.get(`${module}.weights`);
    const [rank, width] = integers.shape;
    const scales = sealedPart.get(`${module}.row_scales`).values;
    assert.deepEqual(openPart.get(`${module}.row_scales`).values, scales);
    for (let i = 0; i < probes; i++) {
      const x = probeVector(Uint8Array.from(openPart.get('probe_seed').values), group, i, width);
      for (let k = 0; k < rank; k++) {
        let sum = 0n;
        for (let j = 0; j < width; j++) sum += BigInt(integers.values[k * width + j]) * BigInt(x[j]);
        assert.equal(openPart.get(`${module}.probe_answers`).values[i * rank + k], sum);
      }
    }
    const basis = openPart.get(`${module}.basis`);
    const a = plain.tensors.get(`base_model.model.${module}.lora_A.weight`);
    const b = plain.tensors.get(`base_model.model.${module}.lora_B.weight`);
    const [height, r] = b.shape;
    let error = 0;
    let size = 0;
    for (let o = 0; o < height; o++) {
      for (let j = 0; j < width; j++) {
        let product = 0;
        for (let k = 0; k < rank; k++) {
          product += basis.values[o * rank + k] * scales[k] * integers.values[k * width + j];
        }
        let delta = 0;
        for (let k = 0; k < r; k++) delta += scaling * b.values[o * r + k] * a.values[k * width + j];
        delta *= 2 ** exponents[j];
        error += (product - delta) ** 2;
        size += delta ** 2;
      }
    }
    worst = Math.max(worst, Math.sqrt(error / size));
  }
  assert.ok(worst < 6.2e-5, `off by ${worst}`);
  return worst;
}

test('the committed vectors verify and open', () => {
  const keys = join(vectors, 'keys');
  const trusted = trust(keys, 'owner', 'reviewer');
  const seeds = {
    weights: seedOf(json(keys, 'model-host.key')),
    checkpoint: seedOf(json(keys, 'model-host.key')),
    public: seedOf(json(keys, 'model-host.key')),
    sealed: seedOf(json(keys, 'adapter-host.key')),
  };
  const expected = json(vectors, 'expected.json');
  const opened = {};
  for (const [name, { digest, plaintext_sha256: parts }] of Object.entries(expected.packages)) {
    const verified = verify(bytes(vectors, name), trusted);
    assert.equal(verified.digest, digest);
    for (const [part, sha256] of Object.entries(parts)) {
      opened[part] = open(verified, part, seeds[part]).plaintext;
      assert.equal(verified.manifest.parts.find((p) => p.name === part).plaintext.sha256, sha256);
    }
    const other = Object.keys(parts)[0] === 'sealed' ? seeds.public : seeds.sealed;
    assert.throws(() => open(verified, Object.keys(parts)[0], other), { code: 'tssp.not_a_recipient' });
  }
  const plain = weights(opened.weights);
  assert.deepEqual(plain.config, json(vectors, 'peft', 'adapter_config.json'));
  assert.deepEqual(plain.tensors, tensors(bytes(vectors, 'peft', 'adapter_model.safetensors')));
  checkSplit(tensors(opened.public), tensors(opened.sealed), plain, 2);
  const { head, tensors: state } = checkpoint(opened.checkpoint);
  assert.equal(head.step, 17);
  assert.deepEqual(head.ledger, { data_set: 'letters', sequence: 41, digest: 'ab'.repeat(32) });
  assert.equal(Number(head.optimizer.settings.eps), 1e-300 / 3);
  assert.equal(head.random.data_seed, (-(2n ** 63n)).toString());
  assert.deepEqual(
    [...state.keys()].map((name) => name.replace(/base_model.*/, '')),
    ['', '', '', '', 'gradient:', 'gradient:', 'gradient:', 'gradient:',
      'moment1:', 'moment1:', 'moment1:', 'moment1:', 'moment2:', 'moment2:', 'moment2:', 'moment2:']);
  for (const { dtype, shape, values } of state.values()) {
    assert.equal(dtype, 'F32');
    assert.equal(values.length, shape[0] * shape[1]);
    assert.ok([...values].every(Number.isFinite));
  }
});

test('the bad vectors are refused for the same reasons', () => {
  const trusted = trust(join(vectors, 'keys'), 'owner', 'reviewer');
  for (const [name, code] of Object.entries(json(vectors, 'expected.json').refused)) {
    assert.throws(() => verify(bytes(vectors, name), trusted), { code }, name);
  }
});

test('key files and revocations are read', () => {
  const keys = join(vectors, 'keys');
  assert.deepEqual(
    seedOf(json(keys, 'protected.key'), 'correct horse'), seedOf(json(keys, 'model-host.key')));
  assert.throws(() => seedOf(json(keys, 'protected.key'), 'wrong horse'));
  const statement = revocation(bytes(vectors, 'revocation.rev'), trust(keys, 'owner'));
  assert.deepEqual(statement.packages, ['00112233445566778899aabbccddeeff']);
});

test('a flipped bit in any section is refused', () => {
  const trusted = trust(join(vectors, 'keys'), 'owner', 'reviewer');
  const good = bytes(vectors, 'plain.tssp');
  for (let at = 0; at < good.length; at += 101) {
    const bad = good.slice();
    bad[at] ^= 1 << at % 8;
    assert.throws(() => verify(bad, trusted), Error, `byte ${at}`);
  }
});

test('packages that the command line just made', { skip: fresh ? false : 'FRESH is not set' }, () => {
  const trusted = trust(fresh, 'owner');
  const seeds = { model: seedOf(json(fresh, 'model-host.key')), adapter: seedOf(json(fresh, 'adapter-host.key'), 'pass phrase') };
  for (const file of readdirSync(fresh).filter((f) => f.endsWith('-he.tssp'))) {
    const he = verify(bytes(fresh, file), trusted);
    const plainFile = verify(bytes(fresh, file.replace('-he', '-plain')), trusted);
    const plain = weights(open(plainFile, 'weights', seeds.model).plaintext);
    const worst = checkSplit(
      tensors(open(he, 'public', seeds.model).plaintext),
      tensors(open(he, 'sealed', seeds.adapter).plaintext), plain, he.manifest.probes);
    console.log(`${file}: B'·A' off by at most ${worst.toExponential(1)}`);
  }
  assert.ok(existsSync(fresh));
});
