// What the console computes of readings of /v1/status: against plain arithmetic.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const CONSOLE = new URL('../../server/api/src/main/console/js/', import.meta.url);

/** A module of the console; Node takes files without a package.json for another kind. */
const load = (name) =>
  import(
    `data:text/javascript,${encodeURIComponent(readFileSync(new URL(name, CONSOLE), 'utf8'))}`
  );

const { History, percentile } = await load('history.js');
const format = await load('format.js');

const BOUNDS = [0.001, 0.002, 0.004, 0.008];

function reading(uptime, generated, firstCounts) {
  const none = { counts: [0, 0, 0, 0, 0], sum_seconds: 0 };
  return {
    time: 1_000 + uptime,
    uptime_seconds: uptime,
    batch: { running: 1, waiting: 0 },
    cache: { blocks_used: 5, blocks_total: 10, hit_tokens: 0, queried_tokens: 0 },
    tokens: { generated, prompt: 0, cached: 0 },
    requests: { begun: 0 },
    steps: { count: generated, sequences: 2 * generated, seconds: { forward: generated / 100 } },
    latency: {
      bounds_seconds: BOUNDS,
      first_token: { counts: firstCounts },
      next_token: none,
      whole: none,
    },
  };
}

test('rates are differences over eight seconds', () => {
  const history = new History();
  for (let second = 0; second <= 20; second++) {
    // ten tokens a second, and from the tenth second on thirty
    const generated = second <= 10 ? 10 * second : 100 + 30 * (second - 10);
    history.add(reading(second, generated, [0, 0, 0, 0, 0]));
  }
  assert.equal(history.now().generated, 30);
  assert.equal(history.points[9].generated, 10);
  assert.equal(history.points[0].generated, null);
  assert.equal(history.now().perStep, 2);
  assert.equal(history.now().first50, null);
  assert.ok(Math.abs(history.phases().forward - 2.4) < 1e-9);
});

test('another run of the server begins anew', () => {
  const history = new History();
  history.add(reading(100, 5_000, [9, 0, 0, 0, 0]));
  assert.equal(history.add(reading(101, 5_010, [9, 0, 0, 0, 0])), true);
  assert.equal(history.add(reading(1, 3, [0, 0, 0, 0, 0])), false);
  assert.equal(history.points.length, 1);
});

test('no more than five minutes are kept', () => {
  const history = new History();
  for (let second = 0; second < 1_000; second++) {
    history.add(reading(second, second, [0, 0, 0, 0, 0]));
  }
  assert.equal(history.points.length, 300);
  assert.equal(history.readings.length, 300);
});

test('percentiles lie between the bounds that hold them', () => {
  const seed = Date.now() % 100_000;
  console.log(`seed ${seed}`);
  let state = seed + 1;
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let round = 0; round < 200; round++) {
    const values = Array.from({ length: 1 + Math.floor(random() * 60) }, () => random() * 0.0079);
    const counts = [0, 0, 0, 0, 0];
    for (const value of values) {
      counts[BOUNDS.filter((bound) => value > bound).length]++;
    }
    values.sort((a, b) => a - b);
    for (const share of [0.5, 0.95]) {
      const exact = values[Math.ceil(share * values.length) - 1];
      const found = percentile(BOUNDS, counts, share);
      const at = BOUNDS.filter((bound) => exact > bound).length;
      assert.ok(found <= BOUNDS[at] * 1.000_001, `${found} is above ${exact}`);
      assert.ok(at === 0 || found >= BOUNDS[at - 1] * 0.999_999, `${found} is below ${exact}`);
    }
  }
  assert.equal(percentile(BOUNDS, [0, 0, 0, 0, 0], 0.5), null);
});

test('numbers are written for people', () => {
  assert.deepEqual([0, 0.000012, 0.0034, 0.042, 0.82, 3.42, 240].map(format.duration), [
    '0',
    '12 µs',
    '3.4 ms',
    '42 ms',
    '820 ms',
    '3.4 s',
    '4 min',
  ]);
  assert.deepEqual([8, 720, 12_000, 180_000].map(format.age), [
    '8 s',
    '12 min',
    '3 h 20 min',
    '2 d 2 h',
  ]);
  assert.deepEqual([0, 0.44, 12.34, 480, 1_234_567].map(format.rate), [
    '0',
    '0.4',
    '12.3',
    '480',
    '1.2M',
  ]);
  assert.deepEqual([512, 1_536, 209_715_200].map(format.bytes), ['512 B', '1.5 KiB', '200 MiB']);
  assert.deepEqual([format.percent(0, 5), format.percent(1, 0)], ['0 %', '–']);
});
