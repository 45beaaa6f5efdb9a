package dev.tensafe.tssp.content;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.tssp.checkpoint.PlainCheckpoint;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.file.PackageWriter;
import dev.tensafe.tssp.fixture.SeededRandom;
import dev.tensafe.tssp.fixture.SmallCheckpoint;
import dev.tensafe.tssp.fixture.Workplace;
import dev.tensafe.tssp.keys.PrivateKeyFile;
import dev.tensafe.tssp.keys.PublicKeyFile;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.manifest.ManifestReader;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.PartKind;
import dev.tensafe.tssp.manifest.SignatureList;
import dev.tensafe.tssp.trust.Revocation;
import dev.tensafe.tssp.trust.SeenVersions;
import dev.tensafe.tssp.trust.TrustDirectory;
import dev.tensafe.tssp.trust.TrustStore;
import dev.tensafe.tssp.verify.PackageVerifier;
import dev.tensafe.tssp.verify.VerifyRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Hostile bytes at every place where bytes are read: nothing but a typed error may come out, and no
 * more memory may be asked for than the limits allow. The first byte chooses the place. Fuzzed with
 * {@code JAZZER_FUZZ=1} (the build does, for a while); otherwise only the seeds run.
 */
class ReaderFuzzTest {
  /** Inputs are small: only a length that is believed could need more, be it within its limit. */
  private static final long MAX_ALLOCATION = 16L << 20;

  private static final Place PLACE = new Place();

  @MethodSource("seeds")
  @FuzzTest(maxDuration = "10s")
  void onlyTypedErrorsAndBoundedMemory(byte[] data) throws IOException {
    check(data);
  }

  @Tag("long")
  @MethodSource("seeds")
  @FuzzTest(maxDuration = "10m")
  void onlyTypedErrorsAndBoundedMemoryForLong(byte[] data) throws IOException {
    check(data);
  }

  private static void check(byte[] data) throws IOException {
    if (data == null || data.length == 0) {
      return;
    }
    int where = Math.floorMod(data[0], 9);
    byte[] rest = Arrays.copyOfRange(data, 1, data.length);
    long allocated = allocatedBy(where, rest);
    if (allocated >= MAX_ALLOCATION) {
      // The first time may have loaded classes, and had them instrumented, on this thread. What an
      // input itself asks for, it asks for again.
      allocated = allocatedBy(where, rest);
    }
    assertTrue(allocated < MAX_ALLOCATION, allocated + " bytes allocated");
  }

  private static long allocatedBy(int where, byte[] bytes) throws IOException {
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = thread.getCurrentThreadAllocatedBytes();
    try {
      PLACE.read(where, bytes);
    } catch (CodedException e) {
      assertTrue(e.code().matches("[a-z]+\\.[a-z_]+"), e.code());
      assertTrue(e.description().length() < 2000, "a message repeats its input");
    }
    return thread.getCurrentThreadAllocatedBytes() - before;
  }

  static Stream<byte[]> seeds() {
    return PLACE.seeds.stream();
  }

  /** Good files of all kinds, and readers for them. */
  private static final class Place {
    final List<byte[]> seeds = new ArrayList<>();
    private final Path directory;
    private final Workplace place;
    private final PackageVerifier verifier;
    private final VerifyRequest request;
    private final Manifest plain;
    private final Manifest he;
    private final BaseProjections base;
    private final SigningKey owner;
    private final byte[] partsOfPlain;
    private final SmallCheckpoint small = new SmallCheckpoint(1, 1);
    private final Manifest checkpoint;

    Place() {
      try {
        directory = Files.createTempDirectory(Path.of("target"), "fuzz");
        place = new Workplace(directory.resolve("place"));
        owner = place.owner;
        verifier =
            new PackageVerifier(TrustStore.open(place.trust), SeenVersions.none(), Workplace.CLOCK);
        request = place.hostRequest();
        try (Checkpoint checkpoint = Checkpoint.open(place.base)) {
          base = BaseProjections.of(checkpoint);
        }
        Path plainFile = place.pack(place.request(Mode.PLAIN));
        Path heFile = place.pack(place.request(Mode.HE));
        byte[] plainBytes = Files.readAllBytes(plainFile);
        try (PackageFile open = PackageFile.open(plainFile);
            PackageFile openHe = PackageFile.open(heFile)) {
          var verified = verifier.verify(open, request);
          var verifiedHe = verifier.verify(openHe, request);
          plain = verified.manifest();
          he = verifiedHe.manifest();
          int head = 16 + open.manifestBytes().length + open.signatureBytes().length;
          partsOfPlain = Arrays.copyOfRange(plainBytes, head, plainBytes.length);
          seed(0, plainBytes);
          seed(1, open.manifestBytes());
          seed(1, openHe.manifestBytes());
          seed(2, open.signatureBytes());
          seed(3, verified.open(PartKind.WEIGHTS, place.modelHost, (in, n) -> in.readAllBytes()));
          seed(4, verifiedHe.open(PartKind.PUBLIC, place.modelHost, (in, n) -> in.readAllBytes()));
          seed(
              5, verifiedHe.open(PartKind.SEALED, place.adapterHost, (in, n) -> in.readAllBytes()));
        }
        Path state = directory.resolve("state.tssp");
        checkpoint = small.pack(place, owner, state, 1);
        try (PackageFile open = PackageFile.open(state)) {
          var verified = verifier.verify(open, request);
          seed(1, open.manifestBytes());
          seed(
              8, verified.open(PartKind.CHECKPOINT, place.modelHost, (in, n) -> in.readAllBytes()));
        }
        seed(6, PublicKeyFile.json(owner.publicKey()).toString().getBytes(UTF_8));
        seed(6, PublicKeyFile.json(place.modelHost.publicKey()).toString().getBytes(UTF_8));
        seed(
            7,
            Revocation.sign(
                owner, Workplace.NOW, Set.of("0".repeat(32)), false, new SeededRandom(1)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void seed(int where, byte[] bytes) {
      ByteArrayOutputStream seed = new ByteArrayOutputStream();
      seed.write(where);
      seed.writeBytes(bytes);
      seeds.add(seed.toByteArray());
    }

    void read(int where, byte[] bytes) throws IOException {
      switch (where) {
        case 0 -> verify(bytes);
        case 1 -> {
          // As if a trusted owner had signed it: everything behind the signature is reached.
          byte[] signatures =
              SignatureList.write(
                  List.of(owner.sign(PackageWriter.signedBytes(bytes), new SeededRandom(2))));
          verify(
              ByteBuffer.allocate(16 + bytes.length + signatures.length + partsOfPlain.length)
                  .put(new byte[] {0x54, 0x53, 0x53, 0x50, 2, 13, 10, 26})
                  .putInt(bytes.length)
                  .put(bytes)
                  .putInt(signatures.length)
                  .put(signatures)
                  .put(partsOfPlain)
                  .array());
        }
        case 2 -> SignatureList.read(bytes);
        case 3 -> content(plain, PartKind.WEIGHTS, bytes);
        case 4 -> content(he, PartKind.PUBLIC, bytes);
        case 5 -> content(he, PartKind.SEALED, bytes);
        case 6 -> {
          Path file = write(bytes);
          for (Runnable read :
              List.<Runnable>of(
                  () -> PublicKeyFile.readSigning(file),
                  () -> PublicKeyFile.readRecipient(file),
                  () -> PrivateKeyFile.readSigning(file, null),
                  () -> PrivateKeyFile.readRecipient(file, null))) {
            try {
              read.run();
            } catch (CodedException e) {
              assertTrue(e.code().startsWith("key."), e.code());
            }
          }
        }
        case 8 -> PlainCheckpoint.read(checkpoint, bytes, small.receiver());
        default -> new TrustDirectory(place.trust).importRevocation(write(bytes));
      }
    }

    private void verify(byte[] bytes) throws IOException {
      try (PackageFile file = PackageFile.open(write(bytes))) {
        UnverifiedManifest.read(file);
        verifier.verify(file, request);
      }
    }

    private Path write(byte[] bytes) throws IOException {
      return Files.write(directory.resolve("input"), bytes);
    }

    private void content(Manifest manifest, PartKind kind, byte[] bytes) throws IOException {
      PartContent.read(
          manifest,
          kind,
          new ByteArrayInputStream(bytes),
          bytes.length,
          base,
          new ContentSink() {
            @Override
            public void begin(List<ContentTensor> tensors) {}

            @Override
            public void accept(ContentTensor tensor, long offset, ByteBuffer piece) {}
          });
    }
  }

  /** What {@code inspect} does before anything is verified. */
  private static final class UnverifiedManifest {
    static void read(PackageFile file) {
      try {
        Manifest unused = ManifestReader.read(file.manifestBytes());
      } catch (CodedException e) {
        assertTrue(e.code().startsWith("tssp."), e.code());
      }
    }
  }
}
