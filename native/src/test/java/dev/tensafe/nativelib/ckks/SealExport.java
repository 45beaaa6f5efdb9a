package dev.tensafe.nativelib.ckks;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * Writes a key and ciphertexts as little-endian residues, for it/seal to have Microsoft SEAL read.
 */
final class SealExport {
  private static final long THIRD_PRIME = 1125899906424833L;

  private final Path directory;
  private final Random random;

  private SealExport(Path directory, long seed) {
    this.directory = directory;
    this.random = new Random(seed);
  }

  public static void main(String[] args) throws IOException {
    long seed = new Random().nextLong();
    System.out.println("SealExport: seed " + seed);
    SealExport export = new SealExport(Path.of(args[0]), seed);
    String profiles =
        export.profile("fast", CkksParameters.FAST)
            + ", "
            + export.profile("strict", CkksParameters.STRICT);
    Files.writeString(
        export.directory.resolve("manifest.json"),
        "{\"thirdPrime\": \"" + THIRD_PRIME + "\", \"profiles\": [" + profiles + "]}");
  }

  private String profile(String name, CkksParameters parameters) throws IOException {
    int n = parameters.degree();
    int limbs = parameters.limbs();
    Twin twin = new Twin(parameters);
    List<String> files = new ArrayList<>();
    try (CkksContext context = CkksContext.open(parameters);
        SecretKey key = SecretKey.derive(context, SecretKind.TERNARY, TestKeys.seed());
        SlotEncoder encoder = SlotEncoder.of(parameters)) {
      // a polynomial with small coefficients and its values
      long[] small = random.longs(n, 0, 1000).toArray();
      write(name + "-small", small);
      write(name + "-small-values", flat(values(twin, context, small)));
      write(
          name + "-secret",
          flat(
              values(
                  twin,
                  context,
                  Arrays.stream(twin.secret(context, key))
                      .mapToLong(BigInteger::longValueExact)
                      .toArray())));

      double[] a = random.doubles(n / 2, -100, 100).toArray();
      double[] b = random.doubles(n / 2, -3, 3).toArray();
      double scale = Math.scalb(1.0, limbs == 1 ? 30 : 45);
      double factor = Math.scalb(1.0, limbs == 1 ? 16 : 45);
      try (Plaintext x = Plaintext.of(context, limbs, encoder.encode(complex(a), scale));
          Plaintext y = Plaintext.of(context, limbs, encoder.encode(complex(b), scale));
          Plaintext f = Plaintext.of(context, limbs, encoder.encode(complex(b), factor));
          Ciphertext cx = TestKeys.encrypt(key, x);
          Ciphertext cy = TestKeys.encrypt(key, y);
          Ciphertext sum = cx.add(cy);
          Ciphertext product = limbs == 2 ? cx.multiply(f) : cy.multiply(f)) {
        double[] both = new double[n / 2];
        double[] products = new double[n / 2];
        for (int i = 0; i < n / 2; i++) {
          both[i] = a[i] + b[i];
          products[i] = limbs == 2 ? a[i] * b[i] : b[i] * b[i];
        }
        files.add(ciphertext(twin, name + "-fresh", cx, scale, a, 1e-5));
        files.add(ciphertext(twin, name + "-sum", sum, scale, both, 1e-5));
        files.add(
            ciphertext(
                twin,
                name + "-product",
                product,
                scale * factor,
                products,
                limbs == 1 ? 0.01 : 1e-5));
        if (limbs == 2) {
          double after = scale * factor / parameters.moduli().get(1);
          try (Ciphertext rescaled = product.rescale()) {
            files.add(ciphertext(twin, name + "-rescaled", rescaled, after, products, 1e-5));
          }
          // 2^40 leaves room for the sum of a whole plaintext below one prime
          double low = Math.scalb(1.0, 40);
          try (Plaintext z = Plaintext.of(context, 2, encoder.encode(complex(b), low));
              Ciphertext cz = TestKeys.encrypt(key, z);
              Ciphertext dropped = cz.dropLimb()) {
            files.add(ciphertext(twin, name + "-dropped", dropped, low, b, 1e-5));
          }
        }
      }
    }
    return String.format(
        Locale.ROOT,
        "{\"name\": \"%s\", \"degree\": %d, \"moduli\": [%s], \"ciphertexts\": [%s]}",
        name,
        n,
        String.join(", ", parameters.moduli().stream().map(q -> "\"" + q + "\"").toList()),
        String.join(", ", files));
  }

  /** Real slots as pairs of real and imaginary part. */
  private static double[] complex(double[] slots) {
    double[] parts = new double[2 * slots.length];
    for (int i = 0; i < slots.length; i++) {
      parts[2 * i] = slots[i];
    }
    return parts;
  }

  /** Our transform of a polynomial: what it makes of the ciphertext (1, 0). */
  private static long[][] values(Twin twin, CkksContext context, long[] coefficients) {
    int limbs = twin.parameters.limbs();
    long[][][] one = new long[2][limbs][coefficients.length];
    for (long[] ones : one[0]) {
      Arrays.fill(ones, 1);
    }
    try (Ciphertext unit = Ciphertext.read(context, twin.message(one));
        Plaintext plaintext = Plaintext.of(context, limbs, coefficients);
        Ciphertext product = unit.multiply(plaintext)) {
      return twin.halves(product)[0];
    }
  }

  private String ciphertext(
      Twin twin, String name, Ciphertext ciphertext, double scale, double[] slots, double tolerance)
      throws IOException {
    long[][][] halves = twin.halves(ciphertext);
    long[] c0 = flat(halves[0]);
    long[] c1 = flat(halves[1]);
    long[] both = Arrays.copyOf(c0, c0.length + c1.length);
    System.arraycopy(c1, 0, both, c0.length, c1.length);
    write(name, both);
    write(name + "-slots", Arrays.stream(slots).mapToLong(Double::doubleToRawLongBits).toArray());
    return String.format(
        Locale.ROOT,
        "{\"name\": \"%s\", \"slots\": \"%s-slots\", \"scale\": %s, \"limbs\": %d, \"tolerance\": %s}",
        name,
        name,
        scale,
        ciphertext.limbs(),
        tolerance);
  }

  private static long[] flat(long[][] limbs) {
    return Arrays.stream(limbs).flatMapToLong(Arrays::stream).toArray();
  }

  private void write(String name, long[] values) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    Files.write(directory.resolve(name + ".bin"), bytes.array());
  }
}
