package dev.tensafe.bench.tssp;

import dev.tensafe.bench.BenchException;
import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.tssp.content.ContentSink;
import dev.tensafe.tssp.content.ContentTensor;
import dev.tensafe.tssp.content.PartContent;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.file.PackageWriter;
import dev.tensafe.tssp.keys.Encapsulation;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.keys.Signature;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.trust.SeenVersions;
import dev.tensafe.tssp.trust.TrustStore;
import dev.tensafe.tssp.verify.BaseModel;
import dev.tensafe.tssp.verify.PackageVerifier;
import dev.tensafe.tssp.verify.VerifiedPackage;
import dev.tensafe.tssp.verify.VerifyRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Measures packages: limits of the machine first, then signatures, then whole packages. */
public final class TsspBench {
  private static final int SEGMENT = 1 << 16;
  private static final double MB = 1e6;

  private final PrintWriter out;
  private final int repetitions;

  /**
   * @param repetitions of what takes a package's time; an odd number is best
   */
  public TsspBench(PrintWriter out, int repetitions) {
    this.out = out;
    this.repetitions = repetitions;
  }

  /**
   * Prints the tables.
   *
   * @param sizes of plain adapters, in MiB
   * @param heSizes of adapters to split, in MiB
   */
  public void run(List<Integer> sizes, List<Integer> heSizes) {
    try {
      limits();
      signatures();
      out.println();
      out.println("| package | step | ms | MB/s | peak heap MiB | peak process MiB |");
      out.println("|---|---|---|---|---|---|");
      for (int mib : sizes) {
        packages(Mode.PLAIN, mib);
      }
      for (int mib : heSizes) {
        packages(Mode.HE, mib);
      }
      out.flush();
    } catch (Exception e) {
      throw new BenchException("bench.tssp", "the benchmark failed: " + e, e);
    }
  }

  private void limits() throws Exception {
    byte[] data = new byte[SEGMENT];
    byte[] sealed = new byte[SEGMENT + 16];
    SecretKeySpec key = new SecretKeySpec(new byte[32], "AES");
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    long[] counter = {0};
    Median.Work encrypt =
        () -> {
          byte[] nonce = ByteBuffer.allocate(12).putLong(counter[0]++).array();
          cipher.init(Cipher.ENCRYPT_MODE, key, new GCMParameterSpec(128, nonce));
          cipher.doFinal(data, 0, SEGMENT, sealed);
        };
    encrypt.run();
    byte[] nonce = ByteBuffer.allocate(12).putLong(0).array();
    byte[] opened = new byte[SEGMENT];
    Median.Work decrypt =
        () -> {
          cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(128, nonce));
          cipher.doFinal(sealed, 0, sealed.length, opened);
        };
    double open = Median.nanos(20_001, decrypt);
    double seal = Median.nanos(20_001, encrypt);
    MessageDigest sha = MessageDigest.getInstance("SHA-256");
    double hash = Median.nanos(20_001, () -> sha.update(data));
    out.println("| limit, one thread, 64 KiB pieces | MB/s |");
    out.println("|---|---|");
    rate("AES-256-GCM sealing", seal, SEGMENT);
    rate("AES-256-GCM opening", open, SEGMENT);
    rate("SHA-256", hash, SEGMENT);
    rate("sealing and hashing both sides", seal + 2 * hash, SEGMENT);
    rate("opening and hashing the plaintext", open + hash, SEGMENT);
  }

  private void rate(String what, double nanos, long bytes) {
    out.printf(Locale.ROOT, "| %s | %.0f |%n", what, bytes / nanos * 1e9 / MB);
  }

  private void signatures() throws Exception {
    SecureRandom random = new SecureRandom();
    byte[] message = PackageWriter.signedBytes(new byte[4096]);
    out.println();
    out.println("| operation | µs |");
    out.println("|---|---|");
    try (SigningKey key = SigningKey.generate(random);
        RecipientKey recipient = RecipientKey.generate(random)) {
      Signature signature = key.sign(message, random);
      Encapsulation encapsulation = recipient.publicKey().encapsulate(random);
      micros("sign (Ed25519 and ML-DSA-65)", () -> key.sign(message, random));
      micros(
          "verify (both)",
          () -> {
            if (!key.publicKey().verify(message, signature)) {
              throw new IllegalStateException("a signature does not verify");
            }
          });
      micros("X-Wing encapsulate", () -> recipient.publicKey().encapsulate(random));
      micros("X-Wing decapsulate", () -> recipient.decapsulate(encapsulation.ciphertext()));
    }
  }

  private void micros(String what, Median.Work work) throws Exception {
    out.printf(Locale.ROOT, "| %s | %.0f |%n", what, Median.nanos(1001, work) / 1000);
  }

  private void packages(Mode mode, int mib) throws Exception {
    Path directory = Files.createTempDirectory("tensafe-bench-tssp");
    // A plain adapter of a few large modules; one to split of many usual ones.
    try (SyntheticOwner owner =
        mode == Mode.PLAIN
            ? new SyntheticOwner(directory, 256, 1024, mib)
            : new SyntheticOwner(directory, 1024, 16, mib)) {
      String name = mode.label() + " " + mib + " MiB";
      Path target = directory.resolve("bench.tssp");
      BaseModel base = BaseModel.of(owner.base, owner.digests);
      step(
          name,
          "pack",
          Files.size(owner.peft.resolve("adapter_model.safetensors")),
          () -> owner.pack(mode, target));
      PackageVerifier verifier =
          new PackageVerifier(
              TrustStore.open(owner.trust), SeenVersions.none(), InstantSource.system());
      VerifyRequest request =
          new VerifyRequest(
              Optional.of(base),
              Set.of(owner.modelHost.publicKey().id()),
              VerifyRequest.ENFORCEABLE);
      long size = Files.size(target);
      step(name, "read the file", size, () -> read(target));
      step(
          name,
          "verify",
          size,
          () -> {
            try (PackageFile file = PackageFile.open(target)) {
              verifier.verify(file, request);
            }
          });
      try (PackageFile file = PackageFile.open(target);
          Checkpoint checkpoint = Checkpoint.open(owner.base)) {
        BaseProjections projections = BaseProjections.of(checkpoint);
        VerifiedPackage verified = verifier.verify(file, request);
        for (PartKind kind : mode.parts()) {
          RecipientKey key = kind == PartKind.SEALED ? owner.adapterHost : owner.modelHost;
          long length = verified.manifest().part(kind).orElseThrow().plaintext().length();
          step(
              name,
              "decrypt " + kind.label(),
              length,
              () ->
                  verified.open(
                      kind, key, (in, n) -> in.transferTo(OutputStream.nullOutputStream())));
          step(
              name,
              "open " + kind.label() + " (decrypt, check every value)",
              length,
              () -> PartContent.read(verified, kind, key, projections, new Nowhere()));
        }
      }
    } finally {
      delete(directory);
    }
  }

  private void step(String name, String step, long bytes, Median.Work work) throws Exception {
    PeakMemory.reset();
    double nanos = Median.nanos(repetitions, work);
    out.printf(
        Locale.ROOT,
        "| %s | %s | %.0f | %.0f | %.0f | %.0f |%n",
        name,
        step,
        nanos / 1e6,
        bytes / nanos * 1e9 / MB,
        PeakMemory.heapMib(),
        PeakMemory.residentMib());
    out.flush();
  }

  private static void read(Path file) throws IOException {
    byte[] buffer = new byte[SEGMENT];
    try (InputStream in = Files.newInputStream(file)) {
      while (in.read(buffer) >= 0) {
        // The bytes themselves are of no interest.
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static final class Nowhere implements ContentSink {
    @Override
    public void begin(List<ContentTensor> tensors) {}

    @Override
    public void accept(ContentTensor tensor, long offset, ByteBuffer piece) {}
  }
}
