package dev.tensafe.nativelib.ckks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.nativelib.RunnableLevels;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation against the plain twin, with every kernel, in both profiles. */
class TwinTest {
  private Random random = new Random();

  static Stream<Arguments> kernels() {
    return Stream.of(CkksParameters.FAST, CkksParameters.STRICT)
        .flatMap(p -> RunnableLevels.names().stream().map(k -> Arguments.of(p, k)));
  }

  static Stream<Arguments> twoLimbs() {
    return RunnableLevels.names().stream().map(k -> Arguments.of(CkksParameters.STRICT, k));
  }

  @BeforeEach
  void seed(TestInfo test) {
    long seed = new Random().nextLong();
    random = new Random(seed);
    System.out.println(test.getDisplayName() + ": seed " + seed);
  }

  private long[] message(int n, int bits) {
    return random.longs(n, -(1L << bits), 1L << bits).toArray();
  }

  /** Every kind of secret in both profiles, each with one of the kernels. */
  static Stream<Arguments> secrets() {
    List<String> kernels = RunnableLevels.names();
    return Stream.of(CkksParameters.FAST, CkksParameters.STRICT)
        .flatMap(
            p ->
                Stream.of(SecretKind.values())
                    .flatMap(k -> kernels.stream().map(level -> Arguments.of(p, k, level))));
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void secretsAndTheirPublicKeysFollowFromTheSeed(
      CkksParameters parameters, SecretKind kind, String kernel) throws Exception {
    Twin twin = new Twin(parameters);
    int n = parameters.degree();
    byte[] seed = TestKeys.seed();
    byte[] common = TestKeys.seed();
    try (CkksContext context = CkksContext.open(parameters, kernel);
        PublicHalves halves = PublicHalves.of(context, common);
        SecretKey key = SecretKey.derive(context, kind, seed);
        SecretKey again = SecretKey.derive(context, kind, seed);
        PublicKey publicKey = PublicKey.of(key, halves);
        PublicKey samePublicKey = PublicKey.of(again, halves)) {
      assertEquals(kind, key.kind());
      BigInteger[] secret = twin.secret(context, key);
      if (kind == SecretKind.TERNARY) {
        assertArrayEquals(
            twin.ternary(seed), Arrays.stream(secret).mapToLong(BigInteger::longValue).toArray());
      } else {
        // drawn as values
        long[][] values = twin.mask(seed, 0, parameters.limbs());
        for (int limb = 0; limb < parameters.limbs(); limb++) {
          BigInteger q = BigInteger.valueOf(twin.q(limb));
          assertArrayEquals(
              twin.inverse(values[limb], limb, 32),
              Arrays.stream(secret).limit(32).mapToLong(s -> s.mod(q).longValue()).toArray());
        }
      }
      assertEquals(publicKey.message(), samePublicKey.message());
      assertEquals(PublicKey.messageBytes(context), publicKey.message().remaining());
      byte[] bytes = Twin.bytes(publicKey.message());
      int limbs = parameters.limbs();
      for (int sample = 0; sample < 2; sample++) {
        // nonces 2^64 − 1 and 2^64 − 2
        long[][] p1 = twin.mask(common, -1 - sample, limbs);
        for (int limb = 0; limb < limbs; limb++) {
          long[][][] both = new long[2][limbs][];
          int at = 64 + (sample * limbs + limb) * n * 50 / 8;
          both[0][limb] = Twin.unpack(bytes, at, n, 50);
          both[1][limb] = p1[limb];
          for (long e : twin.phase(both, secret, limb, 64)) {
            assertTrue(Math.abs(Twin.centre(e, twin.q(limb))) <= 20);
          }
        }
      }
      try (PublicHalves others = PublicHalves.of(context, seed)) {
        assertThrows(CkksException.class, () -> PublicKey.of(key, others));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void encryptionIsTheDefinitionWithSmallErrors(
      CkksParameters parameters, SecretKind kind, String kernel) throws Exception {
    Twin twin = new Twin(parameters);
    int n = parameters.degree();
    byte[] maskSeed = TestKeys.seed();
    try (CkksContext context = CkksContext.open(parameters, kernel);
        MaskExpander masks = MaskExpander.of(maskSeed);
        SecretKey key = SecretKey.derive(context, kind, TestKeys.seed())) {
      long[] message = message(n, 40);
      BigInteger[] secret = twin.secret(context, key);
      try (Plaintext plaintext = Plaintext.of(context, parameters.limbs(), message);
          Ciphertext first = Ciphertext.encrypt(key, masks, 3, plaintext);
          Ciphertext second = Ciphertext.encrypt(key, masks, -5, plaintext)) {
        long[][][] halves = twin.halves(second);
        long[][] mask = twin.mask(maskSeed, -5, parameters.limbs());
        BigInteger[] decrypted = second.decrypt(key, n);
        for (int limb = 0; limb < parameters.limbs(); limb++) {
          assertArrayEquals(mask[limb], halves[1][limb], "the half that does not travel");
          long q = twin.q(limb);
          long[] phase = twin.phase(halves, secret, limb, 64);
          for (int i = 0; i < phase.length; i++) {
            long error = Twin.centre(Math.floorMod(phase[i] - message[i], q), q);
            assertTrue(Math.abs(error) <= 20, "error " + error);
            assertEquals(decrypted[i].longValueExact(), message[i] + error);
          }
        }
        BigInteger[] low = second.decrypt(key, 16);
        assertArrayEquals(Arrays.copyOf(decrypted, 16), low);
        assertEquals(decrypted[0], second.decrypt(key, 1)[0]);
        // fresh encryptions of the same plaintext have nothing in common
        long[][][] other = twin.halves(first);
        int equal = 0;
        for (int i = 0; i < n; i++) {
          equal += other[0][0][i] == halves[0][0][i] || other[1][0][i] == halves[1][0][i] ? 1 : 0;
        }
        assertEquals(0, equal);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void sumsAndProductsAreThoseOfPolynomials(CkksParameters parameters, String kernel) {
    Twin twin = new Twin(parameters);
    int n = parameters.degree();
    int limbs = parameters.limbs();
    try (CkksContext context = CkksContext.open(parameters, kernel);
        SecretKey key = TestKeys.lane(context)) {
      long[] factor = new long[n];
      for (int i = 0; i < 40; i++) {
        factor[random.nextInt(n)] = random.nextLong() >> (2 + random.nextInt(60));
      }
      try (Plaintext a = Plaintext.of(context, limbs, message(n, 45));
          Plaintext b = Plaintext.of(context, limbs, factor);
          Ciphertext x = TestKeys.encrypt(key, a);
          Ciphertext y = TestKeys.encrypt(key, b);
          Ciphertext sum = x.add(y);
          Ciphertext product = x.multiply(b)) {
        long[][][] hx = twin.halves(x);
        long[][][] hy = twin.halves(y);
        long[][][] hs = twin.halves(sum);
        long[][][] hp = twin.halves(product);
        for (int limb = 0; limb < limbs; limb++) {
          long q = twin.q(limb);
          int l = limb;
          long[] reduced = Arrays.stream(factor).map(v -> Math.floorMod(v, q)).toArray();
          for (int half = 0; half < 2; half++) {
            for (int i = 0; i < n; i++) {
              assertEquals((hx[half][l][i] + hy[half][l][i]) % q, hs[half][l][i]);
            }
            // the product as polynomials: schoolbook on coefficients against values in the message
            long[] coefficients = twin.inverse(hx[half][l], l, n);
            long[] expected = twin.negacyclic(reduced, coefficients, q);
            long[] actual = twin.inverse(hp[half][l], l, 100);
            assertArrayEquals(Arrays.copyOf(expected, 100), actual);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("twoLimbs")
  void rescalingDividesBothHalvesAndRounds(CkksParameters parameters, String kernel) {
    Twin twin = new Twin(parameters);
    int n = parameters.degree();
    BigInteger q0 = BigInteger.valueOf(twin.q(0));
    BigInteger q1 = BigInteger.valueOf(twin.q(1));
    BigInteger q = q0.multiply(q1);
    try (CkksContext context = CkksContext.open(parameters, kernel);
        SecretKey key = TestKeys.lane(context);
        Plaintext plaintext = Plaintext.of(context, 2, message(n, 61));
        Ciphertext x = TestKeys.encrypt(key, plaintext);
        Ciphertext rescaled = x.rescale();
        Ciphertext dropped = x.dropLimb()) {
      long[][][] before = twin.halves(x);
      long[][][] after = twin.halves(rescaled);
      long[][][] kept = twin.halves(dropped);
      for (int half = 0; half < 2; half++) {
        assertArrayEquals(before[half][0], kept[half][0]);
        int count = 50;
        long[] r0 = twin.inverse(before[half][0], 0, count);
        long[] r1 = twin.inverse(before[half][1], 1, count);
        long[] actual = twin.inverse(after[half][0], 0, count);
        for (int i = 0; i < count; i++) {
          // the number modulo q that has both residues, divided by q1, rounded half up
          BigInteger value =
              BigInteger.valueOf(r0[i])
                  .multiply(q1)
                  .multiply(q1.modInverse(q0))
                  .add(BigInteger.valueOf(r1[i]).multiply(q0).multiply(q0.modInverse(q1)))
                  .mod(q);
          BigInteger expected = value.shiftLeft(1).add(q1).divide(q1.shiftLeft(1)).mod(q0);
          assertEquals(expected.longValueExact(), actual[i]);
        }
      }
      assertEquals(1, rescaled.limbs());
      BigInteger[] whole = x.decrypt(key, 64);
      BigInteger[] divided = rescaled.decrypt(key, 64);
      for (int i = 0; i < 64; i++) {
        double expected = whole[i].doubleValue() / twin.q(1);
        assertEquals(expected, divided[i].doubleValue(), 120);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void encryptionsOfZeroHaveTheNoiseOfTwoSamples(
      CkksParameters parameters, SecretKind kind, String kernel) {
    try (CkksContext context = CkksContext.open(parameters, kernel);
        PublicHalves halves = PublicHalves.of(context, TestKeys.seed());
        SecretKey key = SecretKey.derive(context, kind, TestKeys.seed());
        PublicKey publicKey = PublicKey.of(key, halves);
        Ciphertext zero = Ciphertext.encryptZero(context, publicKey)) {
      double bound = 10 * Math.sqrt(new NoiseModel(parameters).zeroEncryption());
      for (BigInteger e : zero.decrypt(key, parameters.degree())) {
        assertTrue(e.abs().doubleValue() < bound, "noise " + e);
      }
    }
  }

  /** Every packing, each with one of the kernels. */
  @ParameterizedTest
  @MethodSource("profiles")
  void innerProductsAreRightForEveryPacking(CkksParameters parameters) {
    List<String> kernels = RunnableLevels.names();
    int n = parameters.degree();
    for (int k = 0; k < kernels.size(); k++) {
      try (CkksContext context = CkksContext.open(parameters, kernels.get(k));
          Parties parties = new Parties(context)) {
        int count = k;
        for (int t = 1; t <= n; t *= 2) {
          for (int s = 1; (long) t * s <= n; s *= 2) {
            if (count++ % kernels.size() == 0) {
              checkPacking(parties, t, s);
            }
          }
        }
      }
    }
  }

  static List<CkksParameters> profiles() {
    return List.of(CkksParameters.FAST, CkksParameters.STRICT);
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("kernels")
  void innerProductsAreRightForEveryPackingWithEveryKernel(
      CkksParameters parameters, String kernel) {
    int n = parameters.degree();
    try (CkksContext context = CkksContext.open(parameters, kernel);
        Parties parties = new Parties(context)) {
      for (int t = 1; t <= n; t *= 2) {
        for (int s = 1; (long) t * s <= n; s *= 2) {
          checkPacking(parties, t, s);
        }
      }
    }
  }

  private void checkPacking(Parties parties, int t, int s) {
    int n = parties.context.parameters().degree();
    int m = 1 + random.nextInt(Math.min(2 * t, 40));
    int rows = 1 + random.nextInt(Math.min(2 * s, 12));
    int d = 1 + random.nextInt(Math.min(3 * (n / (t * s)), 900));
    checkProduct(parties, new InputShape(m, d, new Packing(t, s)), rows);
  }

  private void checkProduct(Parties parties, InputShape shape, int rows) {
    int d = shape.columns();
    float[] x = new float[shape.tokens() * d];
    int[] w = new int[rows * d];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    for (int i = 0; i < w.length; i++) {
      w[i] = (int) Math.round(8192 * random.nextGaussian());
    }
    double[] actual = parties.product(shape, x, w);
    NoiseModel noise = new NoiseModel(parties.context.parameters());
    for (int t = 0; t < shape.tokens(); t++) {
      double largest = 0;
      for (int j = 0; j < d; j++) {
        largest = Math.max(largest, Math.abs(x[t * d + j]));
      }
      double norm = 0;
      for (int k = 0; k < rows; k++) {
        double sum = 0;
        for (int j = 0; j < d; j++) {
          sum += Math.abs((double) w[k * d + j]);
        }
        norm = Math.max(norm, sum);
      }
      FixedPoint fixed = FixedPoint.of(parties.context.parameters(), norm);
      double unit = fixed.tokenScale(largest);
      for (int k = 0; k < rows; k++) {
        double expected = 0;
        double squares = 0;
        for (int j = 0; j < d; j++) {
          expected += (double) x[t * d + j] * w[k * d + j];
          squares += (double) w[k * d + j] * w[k * d + j];
        }
        double all = 0;
        int first = k / shape.packing().outputs() * shape.packing().outputs();
        for (int o = first; o < Math.min(rows, first + shape.packing().outputs()); o++) {
          for (int j = 0; j < d; j++) {
            all += (double) w[o * d + j] * w[o * d + j];
          }
        }
        double deviation = unit * Math.sqrt(noise.answer(squares, all));
        assertEquals(
            expected,
            actual[t * rows + k],
            8 * deviation + 1e-9 * Math.abs(expected),
            shape + " row " + k);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void slotsAreValuesAtPowersOfTheRoot(CkksParameters parameters, String kernel) {
    int n = parameters.degree();
    try (CkksContext context = CkksContext.open(parameters, kernel);
        SlotEncoder encoder = SlotEncoder.of(parameters);
        SecretKey key = TestKeys.lane(context)) {
      double[] slots = random.doubles(n, -1, 1).toArray();
      double scale = 1L << 30;
      long[] coefficients = encoder.encode(slots, scale);
      for (int probe = 0; probe < 20; probe++) {
        int j = random.nextInt(n / 2);
        long exponent = power(3, j, 2L * n);
        double re = 0;
        double im = 0;
        for (int i = 0; i < n; i++) {
          double angle = Math.PI * (exponent * i % (2L * n)) / n;
          re += coefficients[i] * Math.cos(angle);
          im += coefficients[i] * Math.sin(angle);
        }
        assertEquals(slots[2 * j], re / scale, 1e-6);
        assertEquals(slots[2 * j + 1], im / scale, 1e-6);
      }
      // a ciphertext times a plaintext multiplies slots
      double[] factors = random.doubles(n, -1, 1).toArray();
      double factorScale = parameters.limbs() == 2 ? 1L << 30 : 1 << 18;
      double small = parameters.limbs() == 2 ? scale : 1 << 28;
      try (Plaintext a = Plaintext.of(context, parameters.limbs(), encoder.encode(slots, small));
          Plaintext b =
              Plaintext.of(context, parameters.limbs(), encoder.encode(factors, factorScale));
          Ciphertext x = TestKeys.encrypt(key, a);
          Ciphertext product = x.multiply(b)) {
        double[] decrypted =
            Arrays.stream(product.decrypt(key, n)).mapToDouble(BigInteger::doubleValue).toArray();
        double[] result = encoder.decode(decrypted, small * factorScale);
        for (int j = 0; j < n / 2; j++) {
          double re = slots[2 * j] * factors[2 * j] - slots[2 * j + 1] * factors[2 * j + 1];
          double im = slots[2 * j] * factors[2 * j + 1] + slots[2 * j + 1] * factors[2 * j];
          assertEquals(re, result[2 * j], 1e-3);
          assertEquals(im, result[2 * j + 1], 1e-3);
        }
      }
    }
  }

  private static long power(long base, long exponent, long modulus) {
    return BigInteger.valueOf(base)
        .modPow(BigInteger.valueOf(exponent), BigInteger.valueOf(modulus))
        .longValueExact();
  }

  @ParameterizedTest
  @MethodSource("kernels")
  void aWrongKeyDecryptsToNoise(CkksParameters parameters, String kernel) {
    int n = parameters.degree();
    try (CkksContext context = CkksContext.open(parameters, kernel);
        SecretKey key = TestKeys.lane(context);
        SecretKey other = TestKeys.lane(context);
        Plaintext plaintext = Plaintext.of(context, parameters.limbs(), new long[n]);
        Ciphertext ciphertext = TestKeys.encrypt(key, plaintext)) {
      BigInteger q = parameters.modulus();
      int[] bins = new int[16];
      for (BigInteger c : ciphertext.decrypt(other, n)) {
        bins[c.mod(q).shiftLeft(4).divide(q).intValueExact()]++;
      }
      double chi = 0;
      for (int count : bins) {
        chi += (count - n / 16.0) * (count - n / 16.0) / (n / 16.0);
      }
      // 15 degrees of freedom: chance exceeds 70 about once in 10^8
      assertTrue(chi < 70, List.of(chi, parameters).toString());
    }
  }
}
