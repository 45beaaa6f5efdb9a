// Makes, in the current directory, a package that was altered after it was signed, and a file of
// API keys with the keys beside it, as `tensafe apikey add` makes them.

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const altered = readFileSync('pirate2.tssp');
altered[altered.length - 10] ^= 1;
writeFileSync('altered.tssp', altered);

const SCOPES = {
  operator: ['infer', 'metrics', 'adapters', 'admin'],
  app: ['infer'],
  dashboards: ['metrics'],
};
const keys = Object.entries(SCOPES).map(([name, scopes]) => {
  const key = `tsk-${randomBytes(32).toString('base64url')}`;
  writeFileSync(`${name}.txt`, `${key}\n`, { mode: 0o600 });
  return { name, sha256: createHash('sha256').update(key).digest('hex'), scopes };
});
writeFileSync('keys.json', JSON.stringify({ keys }), { mode: 0o600 });
