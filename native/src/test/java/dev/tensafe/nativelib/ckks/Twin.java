package dev.tensafe.nativelib.ckks;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The scheme in plain Java, by definitions and schoolbook sums: the oracle of the native library.
 * It shares nothing with it but the byte layout of messages and the numbers of the parameters.
 */
final class Twin {
  private static final int HEAD_BYTES = 64;

  final CkksParameters parameters;
  private final int n;

  Twin(CkksParameters parameters) {
    this.parameters = parameters;
    n = parameters.degree();
  }

  long q(int limb) {
    return parameters.moduli().get(limb);
  }

  static long multiply(long a, long b, long q) {
    // |a·b| < 2^100: high and low word, then the remainder by BigInteger only where it must be
    long estimate = (long) ((double) a * b / q);
    long r = a * b - estimate * q;
    r %= q;
    return r < 0 ? r + q : r;
  }

  static long power(long base, long exponent, long q) {
    return BigInteger.valueOf(base)
        .modPow(BigInteger.valueOf(exponent), BigInteger.valueOf(q))
        .longValueExact();
  }

  /** The smallest primitive 2N-th root of unity, by trying every one. */
  long root(int limb) {
    long q = q(limb);
    long candidate = 2;
    long root;
    do {
      root = power(candidate++, (q - 1) / (2L * n), q);
    } while (power(root, n, q) != q - 1);
    long square = multiply(root, root, q);
    long smallest = root;
    for (int i = 1; i < n; i++) {
      root = multiply(root, square, q);
      smallest = Math.min(smallest, root);
    }
    return smallest;
  }

  /** Entry i is the value at ψ^(2·bitrev(i)+1), each by Horner's rule: N² products. */
  long[] transform(long[] coefficients, int limb) {
    long q = q(limb);
    long root = root(limb);
    long[] values = new long[n];
    for (int i = 0; i < n; i++) {
      long x = power(root, 2L * reverse(i) + 1, q);
      long value = 0;
      for (int k = n - 1; k >= 0; k--) {
        value = (multiply(value, x, q) + coefficients[k]) % q;
      }
      values[i] = value;
    }
    return values;
  }

  /** Coefficient k is N⁻¹·Σ_i values[i]·ψ^(−k(2·bitrev(i)+1)). */
  long[] inverse(long[] values, int limb, int count) {
    long q = q(limb);
    long back = power(root(limb), 2L * n - 1, q);
    long[] powers = new long[2 * n];
    powers[0] = 1;
    for (int i = 1; i < 2 * n; i++) {
      powers[i] = multiply(powers[i - 1], back, q);
    }
    long perDegree = power(n, q - 2, q);
    long[] coefficients = new long[count];
    for (int k = 0; k < count; k++) {
      long sum = 0;
      for (int i = 0; i < n; i++) {
        long exponent = (2L * reverse(i) + 1) * k % (2L * n);
        sum = (sum + multiply(values[i], powers[(int) exponent], q)) % q;
      }
      coefficients[k] = multiply(sum, perDegree, q);
    }
    return coefficients;
  }

  private int reverse(int i) {
    int bits = Integer.numberOfTrailingZeros(n);
    return Integer.reverse(i) >>> (32 - bits);
  }

  /** The public half of ciphertext {@code id}, [limbs][N], with the JDK's AES. */
  long[][] mask(byte[] seed, long id, int limbs) throws Exception {
    byte[] iv = ByteBuffer.allocate(16).putLong(id).putLong(0).array();
    Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
    cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(seed, "AES"), new IvParameterSpec(iv));
    long[][] mask = new long[limbs][n];
    for (int limb = 0; limb < limbs; limb++) {
      for (int i = 0; i < n; ) {
        ByteBuffer words =
            ByteBuffer.wrap(cipher.update(new byte[16])).order(ByteOrder.LITTLE_ENDIAN);
        while (words.hasRemaining() && i < n) {
          long word = words.getLong() & ((1L << 50) - 1);
          if (word < q(limb)) {
            mask[limb][i++] = word;
          }
        }
      }
    }
    return mask;
  }

  /** A ternary secret from its seed: pairs of bits of the stream, 3 skipped, minus 1. */
  long[] ternary(byte[] seed) throws Exception {
    Cipher cipher = Cipher.getInstance("AES/CTR/NoPadding");
    byte[] iv = new byte[16];
    cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(seed, "AES"), new IvParameterSpec(iv));
    long[] secret = new long[n];
    for (int i = 0; i < n; ) {
      int pairs = cipher.update(new byte[1])[0];
      for (int pair = 0; pair < 4 && i < n; pair++) {
        int value = pairs >> (2 * pair) & 3;
        if (value != 3) {
          secret[i++] = value - 1;
        }
      }
    }
    return secret;
  }

  /** Numbers of {@code bits} bits from a message, by shifting one big number. */
  static long[] unpack(byte[] bytes, int offset, int count, int bits) {
    byte[] big = new byte[(count * bits + 7) / 8];
    for (int i = 0; i < big.length; i++) {
      big[big.length - 1 - i] = bytes[offset + i];
    }
    BigInteger all = new BigInteger(1, big);
    long[] numbers = new long[count];
    BigInteger mask = BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE);
    for (int i = 0; i < count; i++) {
      numbers[i] = all.shiftRight(i * bits).and(mask).longValueExact();
    }
    return numbers;
  }

  static byte[] bytes(ByteBuffer message) {
    byte[] bytes = new byte[message.remaining()];
    message.duplicate().get(bytes);
    return bytes;
  }

  /** Both halves of a general ciphertext as values, [half][limb][N]. */
  long[][][] halves(Ciphertext ciphertext) {
    byte[] bytes = bytes(ciphertext.message());
    int limbs = bytes[9];
    int polynomial = n * 50 / 8;
    long[][][] halves = new long[2][limbs][];
    for (int half = 0; half < 2; half++) {
      for (int limb = 0; limb < limbs; limb++) {
        halves[half][limb] = unpack(bytes, HEAD_BYTES + (half * limbs + limb) * polynomial, n, 50);
      }
    }
    return halves;
  }

  /** A message of a general ciphertext. */
  ByteBuffer message(long[][][] halves) {
    int limbs = halves[0].length;
    ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    head.put("TSHE".getBytes(java.nio.charset.StandardCharsets.US_ASCII)).putShort((short) 1);
    head.putShort((short) 5).put((byte) Integer.numberOfTrailingZeros(n)).put((byte) limbs);
    for (int limb = 0; limb < limbs; limb++) {
      head.putLong(40 + 8 * limb, q(limb));
    }
    int polynomial = n * 50 / 8;
    head.putLong(56, 2L * limbs * polynomial);
    ByteBuffer message = ByteBuffer.allocateDirect(HEAD_BYTES + 2 * limbs * polynomial);
    message.put(head.array());
    for (long[][] half : halves) {
      for (long[] values : half) {
        BigInteger all = BigInteger.ZERO;
        for (int i = n - 1; i >= 0; i--) {
          all = all.shiftLeft(50).or(BigInteger.valueOf(values[i]));
        }
        byte[] big = all.toByteArray();
        byte[] little = new byte[polynomial];
        for (int i = 0; i < Math.min(big.length, polynomial); i++) {
          little[i] = big[big.length - 1 - i];
        }
        message.put(little);
      }
    }
    return message.flip();
  }

  /** The secret's coefficients in (−Q/2, Q/2]: what (0, 1) decrypts to. */
  BigInteger[] secret(CkksContext context, SecretKey key) {
    int limbs = parameters.limbs();
    long[][][] halves = new long[2][limbs][n];
    for (long[] ones : halves[1]) {
      Arrays.fill(ones, 1);
    }
    try (Ciphertext identity = Ciphertext.read(context, message(halves))) {
      return identity.decrypt(key, n);
    }
  }

  /** c0 + c1·s of a limb as coefficients, all from values and the definition of the transform. */
  long[] phase(long[][][] halves, BigInteger[] secret, int limb, int count) {
    long q = q(limb);
    long[] s = new long[n];
    for (int i = 0; i < n; i++) {
      s[i] = secret[i].mod(BigInteger.valueOf(q)).longValueExact();
    }
    long[] values = transform(s, limb);
    for (int i = 0; i < n; i++) {
      values[i] = (halves[0][limb][i] + multiply(halves[1][limb][i], values[i], q)) % q;
    }
    return inverse(values, limb, count);
  }

  /** Product of polynomials modulo X^N + 1 and q, term by term. */
  long[] negacyclic(long[] a, long[] b, long q) {
    long[] product = new long[n];
    for (int i = 0; i < n; i++) {
      if (a[i] == 0) {
        continue;
      }
      for (int j = 0; j < n; j++) {
        long term = multiply(a[i], b[j], q);
        int k = (i + j) % n;
        product[k] = Math.floorMod(i + j < n ? product[k] + term : product[k] - term, q);
      }
    }
    return product;
  }

  /** The representative in (−q/2, q/2]. */
  static long centre(long r, long q) {
    return r > q / 2 ? r - q : r;
  }
}
