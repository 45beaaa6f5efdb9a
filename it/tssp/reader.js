// A reader of .tssp packages written from docs/TSSP.md alone, on other libraries than the Java one:
// it verifies signatures and digests, opens parts, and reads the tensors in them.
import { gcm, ctr } from '@noble/ciphers/aes.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { ml_kem768_x25519 as xwing } from '@noble/post-quantum/hybrid.js';
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js';

const MAGIC = '54535350020d0a1a';
const SEGMENT = 65536;
const TAG = 16;
const utf8 = new TextEncoder();

export class Refused extends Error {
  constructor(code, message) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

export const hex = (bytes) => Buffer.from(bytes).toString('hex');
const unhex = (text) => new Uint8Array(Buffer.from(text, 'hex'));
const concat = (...pieces) => new Uint8Array(Buffer.concat(pieces));

function unbase64(text, length) {
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  if (Buffer.from(bytes).toString('base64') !== text || bytes.length !== length) {
    throw new Refused('base64', 'not canonical, or of another length');
  }
  return bytes;
}

/** RFC 8785, whose rules JavaScript's own JSON follows; only keys need sorting. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const fields = Object.keys(value).sort().map((k) => `${JSON.stringify(k)}:${canonical(value[k])}`);
    return `{${fields.join(',')}}`;
  }
  if (typeof value === 'number' && !(Number.isSafeInteger(value) && value >= 0)) {
    throw new Refused('tssp.manifest_invalid', `the number ${value}`);
  }
  return JSON.stringify(value);
}

function parseCanonical(bytes, code) {
  let value;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Refused(code, 'not JSON');
  }
  if (Buffer.compare(Buffer.from(canonical(value)), Buffer.from(bytes)) !== 0) {
    throw new Refused(code, 'not canonical');
  }
  return value;
}

/** "Layout" in docs/TSSP.md. */
export function sections(file) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (hex(file.subarray(0, 8)) !== MAGIC) throw new Refused('tssp.not_a_package', 'magic');
  let at = 8;
  const take = (length) => {
    if (length > file.length - at) throw new Refused('tssp.layout', `${length} bytes at ${at}`);
    at += length;
    return file.subarray(at - length, at);
  };
  const lengthOf = (bytes) => {
    const start = at;
    take(bytes);
    return bytes === 4 ? view.getUint32(start) : Number(view.getBigUint64(start));
  };
  const manifest = take(lengthOf(4));
  const signatures = take(lengthOf(4));
  const parts = [];
  while (at < file.length) parts.push(take(lengthOf(8)));
  return { manifest, signatures, parts };
}

/** DSSE 1.0, "PAE". */
export function preAuthenticationEncoding(type, body) {
  const typeBytes = utf8.encode(type);
  return concat(
    utf8.encode(`DSSEv1 ${typeBytes.length} `), typeBytes, utf8.encode(` ${body.length} `), body);
}

export function keyId(label, ...pieces) {
  return hex(sha256(concat(utf8.encode(`${label}\0`), ...pieces)));
}

export function signingKey(document) {
  const key = { ed25519: unbase64(document.ed25519, 32), mldsa65: unbase64(document.mldsa65, 1952) };
  const id = keyId('tensafe/tssp/v2/signing-key', key.ed25519, key.mldsa65);
  if (id !== document.key_id) throw new Refused('key.malformed', 'key_id');
  return { id, ...key };
}

function verifySignature(message, signature, key) {
  return (
    ed25519.verify(unbase64(signature.ed25519, 64), message, key.ed25519, { zip215: false }) &&
    ml_dsa65.verify(unbase64(signature.mldsa65, 3309), message, key.mldsa65));
}

/** Everything about trust in docs/TSSP.md that needs no clock: keys are those of `trusted`. */
export function verify(file, trusted) {
  const { manifest, signatures, parts } = sections(file);
  const message = preAuthenticationEncoding(
    'application/vnd.tensafe.tssp.manifest+json;v=2', manifest);
  const list = parseCanonical(signatures, 'tssp.signatures_malformed');
  for (const signature of list) {
    const key = trusted.get(signature.key_id);
    if (!key) throw new Refused('tssp.issuer_unknown', signature.key_id);
    if (!verifySignature(message, signature, key)) {
      throw new Refused('tssp.signature_invalid', signature.key_id);
    }
  }
  const parsed = parseCanonical(manifest, 'tssp.manifest_invalid');
  if (parsed.issuer !== list[0].key_id) throw new Refused('tssp.issuer_mismatch', parsed.issuer);
  if (parts.length !== parsed.parts.length) throw new Refused('tssp.layout', 'parts');
  parts.forEach((stream, i) => {
    const { length, sha256: digest } = parsed.parts[i].ciphertext;
    if (stream.length === 0) return;
    if (stream.length !== length || hex(sha256(stream)) !== digest) {
      throw new Refused('tssp.digest_mismatch', parsed.parts[i].name);
    }
  });
  return { manifest: parsed, digest: hex(sha256(manifest)), streams: parts };
}

function info(label, packageId, further, part) {
  return concat(
    utf8.encode(`${label}\0`), packageId, further, Uint8Array.of(part.length), utf8.encode(part));
}

/** "Recipients" and "Part streams" in docs/TSSP.md. Also returns what was derived on the way. */
export function open(verified, name, seed) {
  const index = verified.manifest.parts.findIndex((p) => p.name === name);
  const part = verified.manifest.parts[index];
  const stream = verified.streams[index];
  const packageId = unhex(verified.manifest.package_id);
  const publicKey = xwing.getPublicKey(seed);
  const id = keyId('tensafe/tssp/v2/recipient-key', publicKey);
  const recipient = part.recipients.find((r) => r.key_id === id);
  if (!recipient) throw new Refused('tssp.not_a_recipient', id);
  const sharedSecret = xwing.decapsulate(unbase64(recipient.encapsulation, 1120), seed);
  const wrapInfo = info('tensafe/tssp/v2/wrap', packageId, unhex(id), name);
  const wrappingKey = hkdf(sha256, sharedSecret, undefined, wrapInfo, 32);
  const dataKey = gcm(wrappingKey, new Uint8Array(12), wrapInfo).decrypt(unbase64(recipient.wrapped_key, 48));
  const streamInfo = info('tensafe/tssp/v2/stream', packageId, new Uint8Array(0), name);
  const streamKey = hkdf(sha256, dataKey, undefined, streamInfo, 32);
  const plaintext = openStream(streamKey, stream);
  if (plaintext.length !== part.plaintext.length || hex(sha256(plaintext)) !== part.plaintext.sha256) {
    throw new Refused('tssp.digest_mismatch', name);
  }
  return { plaintext, sharedSecret, wrapInfo, wrappingKey, dataKey, streamInfo, streamKey };
}

function openStream(key, stream) {
  const prefix = stream.subarray(0, 7);
  const pieces = [];
  let at = 7;
  for (let index = 0; ; index++) {
    const end = Math.min(at + SEGMENT + TAG, stream.length);
    const last = end === stream.length;
    const nonce = new Uint8Array(12);
    nonce.set(prefix);
    new DataView(nonce.buffer).setUint32(7, index);
    nonce[11] = last ? 1 : 0;
    pieces.push(gcm(key, nonce).decrypt(stream.subarray(at, end)));
    at = end;
    if (last) return concat(...pieces);
  }
}

/** A seed from a key file, protected or not. */
export function seedOf(document, passphrase) {
  if (document.seed) return new Uint8Array(Buffer.from(document.seed, 'base64'));
  const { log_n: logN, r, p, salt } = document.scrypt;
  const key = scrypt(utf8.encode(passphrase), unhex(salt), { N: 2 ** logN, r, p, dkLen: 32 });
  const { format, key_id: id, nonce, scrypt: cost } = document;
  const bound = utf8.encode(canonical({ format, key_id: id, nonce, scrypt: cost }));
  return gcm(key, unhex(nonce), bound).decrypt(new Uint8Array(Buffer.from(document.sealed_seed, 'base64')));
}

/** A revocation's statement, if the key signed it. */
export function revocation(file, trusted) {
  const document = parseCanonical(file, 'trust.malformed');
  const message = preAuthenticationEncoding(
    'application/vnd.tensafe.tssp.revocation+json;v=1', utf8.encode(canonical(document.statement)));
  const key = trusted.get(document.statement.issuer);
  if (!key || !verifySignature(message, document.signatures[0], key)) {
    throw new Refused('tssp.signature_invalid', document.statement.issuer);
  }
  return document.statement;
}

/** safetensors: a map from name to { dtype, shape, values }. */
export function tensors(document) {
  const view = new DataView(document.buffer, document.byteOffset, document.byteLength);
  const length = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(document.subarray(8, 8 + length)));
  const readers = {
    F32: [4, (o) => view.getFloat32(o, true)],
    F64: [8, (o) => view.getFloat64(o, true)],
    I32: [4, (o) => view.getInt32(o, true)],
    I64: [8, (o) => view.getBigInt64(o, true)],
    I8: [1, (o) => view.getInt8(o)],
    U8: [1, (o) => view.getUint8(o)],
  };
  const result = new Map();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [size, read] = readers[entry.dtype];
    const [begin, end] = entry.data_offsets;
    const values = [];
    for (let o = begin; o < end; o += size) values.push(read(8 + length + o));
    result.set(name, { dtype: entry.dtype, shape: entry.shape, values });
  }
  return result;
}

/** The part `weights`: the configuration and the tensors. */
export function weights(plaintext) {
  const length = new DataView(plaintext.buffer, plaintext.byteOffset).getUint32(0);
  return {
    config: JSON.parse(new TextDecoder().decode(plaintext.subarray(4, 4 + length))),
    tensors: tensors(plaintext.slice(4 + length)),
  };
}

/** The part `checkpoint`: the head and the tensors. */
export function checkpoint(plaintext) {
  const length = new DataView(plaintext.buffer, plaintext.byteOffset).getUint32(0);
  return {
    head: parseCanonical(plaintext.subarray(4, 4 + length), 'tssp.content_invalid'),
    tensors: tensors(plaintext.slice(4 + length)),
  };
}

/** "Probes" in docs/TSSP.md: signed bytes of a key stream. */
export function probeVector(seed, group, index, length) {
  const key = hmac(sha256, seed, utf8.encode(`probe:${index}:${group}`));
  return new Int8Array(ctr(key, new Uint8Array(16)).encrypt(new Uint8Array(length)).buffer);
}
