// Masks of our grammars beside those of llguidance, at every step of random walks over the schemas of schemas.jsonl.
// Where they differ by design, schemas.jsonl says why. TOKENIZER names a byte-level tokenizer.json, CLASS_PATH what
// Masks.java needs; `compare.js SEED` walks elsewhere.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { GuidanceParser } from 'transformers-llguidance';

const WALKS = 3;
const MOST_TOKENS = 24;
const here = new URL('.', import.meta.url);
// one seed at a time: walks at others may meet a difference by design that schemas.jsonl does not name yet
const seed = Number(process.argv[2] ?? 7);
console.log(`seed ${seed}`);
let state = seed;
/** mulberry32 */
function random(below) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) % below;
}

// The vocabulary: bytes of each token by the byte-level alphabet.
const { vocab } = JSON.parse(readFileSync(process.env.TOKENIZER, 'utf8')).model;
const byteOf = new Map();
for (let byte = 0, more = 256; byte < 256; byte++) {
  const itself = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  byteOf.set(String.fromCodePoint(itself ? byte : more++), byte);
}
const size = Math.max(...Object.values(vocab)) + 1;
const tokens = new Array(size).fill(Buffer.alloc(0));
for (const [text, id] of Object.entries(vocab)) {
  const bytes = [...text].map((c) => byteOf.get(c));
  if (!/^<\|.*\|>$/.test(text)) tokens[id] = Buffer.from(bytes);
}

// The package does not read that alphabet: a character of a token is its UTF-8, those from U+0100 to U+01FF are bytes.
// So tokens that are no text, or have such characters, are left out, and so is what has a backslash: of the ways to
// escape a character we write one.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const theirs = { '<|endoftext|>': size };
const compared = [];
let unread = 0;
let escapes = 0;
for (let id = 0; id < size; id++) {
  let text = null;
  try { text = decoder.decode(tokens[id]); } catch { /* part of a character */ }
  if (!text || /[\u0100-\u01ff\u2581\x7f]/.test(text)) {
    theirs[`\uE000${id}`] = id;
    unread++;
    continue;
  }
  theirs[text.replace(/[\x00-\x20]/g, (c) => String.fromCodePoint(0x100 + c.codePointAt(0)))] = id;
  if (text.includes('\\')) escapes++;
  else compared.push(id);
}
console.log(`${compared.length} of ${size} tokens compared; ${escapes} have a backslash, ${unread} cannot be said`);
const tokenizer = {
  vocab: theirs, merges: [], model_type: 'bpe', eos_token_id: size,
  added_tokens: [{ id: size, content: '<|endoftext|>', special: true }],
};

const java = spawn('java', ['-XX:+UseSerialGC', '-cp', process.env.CLASS_PATH, new URL('Masks.java', here).pathname], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const lines = createInterface({ input: java.stdout })[Symbol.asyncIterator]();
java.stdin.write(`${JSON.stringify(tokens.map((t) => t.toString('base64')))}\n`);
async function ours(asked) {
  java.stdin.write(`${JSON.stringify(asked)}\n`);
  const answer = JSON.parse((await lines.next()).value);
  if (answer.error) throw new Error(answer.error);
  const bits = Buffer.from(answer.mask, 'base64');
  return { allows: (id) => (bits[id >> 3] >> (id & 7)) & 1, end: answer.end };
}

const show = (ids) => ids.slice(0, 6).map((id) => JSON.stringify(tokens[id].toString())).join(' ');

let parser = null;

/** Steps until texts end, or the first difference. */
async function walk(schema) {
  const grammar = { type: 'json_schema', schema: { ...schema, 'x-guidance': { whitespace_flexible: false } } };
  if (parser) parser.reset(grammar);
  else parser = await GuidanceParser.create(grammar, tokenizer);
  let mine = await ours({ schema });
  const said = [];
  for (let step = 0; ; step++) {
    const text = Buffer.concat(said).toString();
    // it stops by itself where nothing can follow
    let mask;
    try { mask = parser.getTokenMask(); } catch (e) {
      if (!/NoExtension/.test(e)) throw e;
      mask = new Uint8Array(size + 1);
      mask[size] = 1;
    }
    const end = mask[size] === 1;
    const both = [];
    const onlyMine = [];
    const onlyTheirs = [];
    for (const id of compared) {
      if (mine.allows(id)) (mask[id] ? both : onlyMine).push(id);
      else if (mask[id]) onlyTheirs.push(id);
    }
    const differs = [];
    if (onlyMine.length) differs.push(`${onlyMine.length} only ours: ${show(onlyMine)}`);
    if (onlyTheirs.length) differs.push(`${onlyTheirs.length} only theirs: ${show(onlyTheirs)}`);
    if (mine.end !== end) differs.push(`may end: ours ${mine.end}, theirs ${end}`);
    if (differs.length) return { steps: step + 1, differs: `after ${JSON.stringify(text)} ${differs.join('; ')}` };
    if (both.length === 0 || step === MOST_TOKENS) return { steps: step + 1 };
    // what closes something is likelier than by its share
    const closing = both.filter((id) => /["\]},:]/.test(tokens[id].toString()));
    const from = closing.length && random(3) === 0 ? closing : both;
    const token = from[random(from.length)];
    said.push(tokens[token]);
    mine = await ours({ token });
    parser.advance(token);
  }
}

const rows = readFileSync(new URL('schemas.jsonl', here), 'utf8').trim().split('\n').map((l) => JSON.parse(l));
let equal = 0;
let wrong = 0;
let steps = 0;
for (const { schema, differs } of rows) {
  let found = null;
  for (let i = 0; i < WALKS && !found; i++) {
    const result = await walk(schema);
    steps += result.steps;
    found = result.differs;
  }
  if (!found) {
    equal++;
    continue;
  }
  console.log(`${differs ?? 'DIFFERENT'}: ${JSON.stringify(schema)} ${found}`);
  if (!differs) wrong++;
}
java.stdin.end();
console.log(`${steps} masks of ${rows.length} schemas: those of ${equal} are equal at every step`);
process.exitCode = wrong ? 1 : 0;
