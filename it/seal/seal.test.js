// Microsoft SEAL (node-seal) on what SealExport wrote: the same transform, the same embedding, and
// ciphertexts of ours that SEAL decrypts with our key. Residues go in through SEAL's own serialised
// objects, of which only the numbers at the end are replaced.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import SEAL from 'node-seal';

const directory = process.env.EXPORT_DIR;
const seal = await SEAL();
const none = seal.ComprModeType.none;
const manifest = JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8'));

const bytes = (name) => readFileSync(join(directory, `${name}.bin`));
const words = (buffer) => {
  const copy = new Uint8Array(buffer);
  return new BigUint64Array(copy.buffer, copy.byteOffset, copy.byteLength / 8);
};
const doubles = (name) => {
  const copy = new Uint8Array(bytes(name));
  return new Float64Array(copy.buffer);
};

function context(scheme, degree, primes) {
  const parameters = seal.EncryptionParameters(scheme);
  parameters.setPolyModulusDegree(degree);
  const moduli = seal.Vector();
  moduli.from(BigUint64Array.from(primes), 'Modulus');
  parameters.setCoeffModulus(moduli);
  const result = seal.Context(parameters, true, seal.SecurityLevel.none);
  assert.ok(result.parametersSet(), result.toHuman());
  return result;
}

/** A serialised object with its last bytes replaced. */
function patched(array, tail) {
  const result = new Uint8Array(array);
  assert.ok(tail.length < result.length);
  result.set(tail, result.length - tail.length);
  return result;
}

function tail(array, length) {
  return array.slice(array.length - length);
}

function assertClose(actual, expected, tolerance, what) {
  assert.equal(actual.length, expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
  assert.ok(worst <= tolerance, `${what}: off by ${worst}`);
  console.log(`${what}: off by at most ${worst.toExponential(2)}`);
}

for (const profile of manifest.profiles) {
  const { name, degree } = profile;
  const moduli = profile.moduli.map(BigInt);
  // With more than one prime SEAL keeps the last for keys: ours has none, so a third one stands in.
  const primes = moduli.length === 1 ? moduli : [...moduli, BigInt(manifest.thirdPrime)];

  test(`${name}: our primes are the ones SEAL itself would choose`, () => {
    const own = seal.CoeffModulus.Create(degree, Int32Array.from(moduli.map(() => 50))).toArray();
    // SEAL looks from the top down and lists the smallest first; ours for N = 4096 are also ≡ 1 mod 16384
    for (const q of moduli) assert.ok(own.includes(q), `${q} not among ${own}`);
  });

  test(`${name}: SEAL's transform takes our values back to the polynomial`, () => {
    const ckks = context(seal.SchemeType.ckks, degree, primes);
    const generator = seal.KeyGenerator(ckks);
    const encryptor = seal.Encryptor(ckks, generator.createPublicKey(), generator.secretKey());
    const template = encryptor.encryptSymmetric(
      seal.CKKSEncoder(ckks).encode(new Float64Array(degree / 2), 1024),
    );
    const values = bytes(`${name}-small-values`);
    const ours = seal.CipherText();
    ours.loadArray(ckks, patched(template.saveArray(none), Buffer.concat([values, values])));
    const back = seal.Evaluator(ckks).cipherTransformFromNtt(ours).saveArray(none);
    const small = words(bytes(`${name}-small`));
    const found = words(tail(back, 2 * values.length));
    for (let half = 0; half < 2 * moduli.length; half++) {
      assert.deepEqual(found.slice(half * degree, (half + 1) * degree), small);
    }
  });

  test(`${name}: SEAL decrypts our ciphertexts`, () => {
    const ckks = context(seal.SchemeType.ckks, degree, primes);
    const generator = seal.KeyGenerator(ckks);
    const stranger = generator.secretKey();
    const key = seal.SecretKey();
    const thirdLimb = new Uint8Array(moduli.length === 1 ? 0 : 8 * degree);
    key.loadArray(
      ckks,
      patched(stranger.saveArray(none), Buffer.concat([bytes(`${name}-secret`), thirdLimb])),
    );
    const decryptor = seal.Decryptor(ckks, key);
    const encoder = seal.CKKSEncoder(ckks);
    const encryptor = seal.Encryptor(ckks, generator.createPublicKey(), stranger);
    const evaluator = seal.Evaluator(ckks);
    assert.equal(encoder.slotCount, degree / 2);

    const decode = (ciphertext, scale, limbs, withDecryptor = decryptor) => {
      let template = encryptor.encryptSymmetric(
        encoder.encode(new Float64Array(degree / 2), scale),
      );
      if (limbs < moduli.length) template = evaluator.cipherModSwitchToNext(template);
      const ours = seal.CipherText();
      ours.loadArray(ckks, patched(template.saveArray(none), bytes(ciphertext)));
      return encoder.decode(withDecryptor.decrypt(ours));
    };

    for (const file of profile.ciphertexts) {
      assertClose(
        decode(file.name, file.scale, file.limbs),
        doubles(file.slots),
        file.tolerance,
        file.name,
      );
    }
    // and with another key there is nothing to see
    const file = profile.ciphertexts[0];
    const wrong = decode(file.name, file.scale, file.limbs, seal.Decryptor(ckks, stranger));
    const expected = doubles(file.slots);
    const close = wrong.filter((value, i) => Math.abs(value - expected[i]) < 1).length;
    assert.ok(close < 5, `${close} slots came near`);
  });
}
