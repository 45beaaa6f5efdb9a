package dev.tensafe.tssp.verify;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.tssp.fixture.Workplace;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is remembered of a model's weights: of these files only, and by nobody else's word. */
class DigestCacheTest {
  /** Everything written in a test was written long ago. */
  private static final InstantSource LATER =
      InstantSource.offset(InstantSource.system(), Duration.ofHours(1));

  /** A digest that no weights have: where it comes back, it was remembered. */
  private static final String MARK = "ab".repeat(32);

  @TempDir Path directory;
  private Path model;
  private Path weights;
  private Path cacheDirectory;
  private String digest = "";

  @BeforeEach
  void makeModel() throws IOException {
    model = Workplace.writeBase(directory.resolve("model"), 1, 8, 12);
    weights = model.resolve("model.safetensors");
    cacheDirectory = directory.resolve("cache");
    digest = BaseModel.of(model).weightsSha256();
  }

  private DigestCache cache() {
    return DigestCache.in(cacheDirectory, LATER);
  }

  private String cached() {
    return BaseModel.of(model, cache()).weightsSha256();
  }

  private List<Path> entries() throws IOException {
    Path folder = cacheDirectory.resolve("weights");
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  /** Fills the cache, and puts the mark in the digest's place. */
  private Path mark() throws IOException {
    assertEquals(digest, cached());
    assertEquals(1, entries().size());
    Path entry = entries().get(0);
    Files.writeString(entry, Files.readString(entry).replace(digest, MARK));
    assertEquals(MARK, cached(), "the cache is not used");
    return entry;
  }

  @Test
  void secondTimeTheWeightsAreNotRead() throws IOException {
    mark();
    Path link = Files.createSymbolicLink(directory.resolve("link"), model);
    assertEquals(MARK, BaseModel.of(link, cache()).weightsSha256(), "the same files, by a link");
  }

  @Test
  void modelDirectoryIsOnlyRead() throws IOException {
    Files.setPosixFilePermissions(model, PosixFilePermissions.fromString("r-xr-xr-x"));
    try {
      FileTime before = Files.getLastModifiedTime(model);
      assertEquals(digest, cached());
      assertEquals(digest, cached());
      assertEquals(before, Files.getLastModifiedTime(model));
      try (Stream<Path> files = Files.list(model)) {
        assertEquals(2, files.count());
      }
    } finally {
      Files.setPosixFilePermissions(model, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  @Test
  void fileOfTheOldKindBesideTheModelIsNotRead() throws IOException {
    Files.writeString(model.resolve(".tensafe-weights.json"), "{\"sha256\":\"" + MARK + "\"}");
    assertEquals(digest, cached());
  }

  @Test
  void weightsWrittenInPlaceAreOthersAlsoWithTheirOldSizeAndTime() throws IOException {
    mark();
    FileTime time = Files.getLastModifiedTime(weights);
    try (FileChannel channel = FileChannel.open(weights, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {1}), channel.size() - 1);
    }
    Files.setLastModifiedTime(weights, time);
    String changed = BaseModel.of(model).weightsSha256();
    assertNotEquals(digest, changed);
    assertEquals(changed, cached());
    assertEquals(1, entries().size(), "what was known of the old files is kept");
  }

  @Test
  void weightsPutInTheirPlaceAreOthersAlsoWithTheirOldSizeAndTime() throws IOException {
    mark();
    FileTime time = Files.getLastModifiedTime(weights);
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 1] ^= 1;
    Path other = Files.write(model.resolve("other"), bytes);
    Files.setLastModifiedTime(other, time);
    Files.move(other, weights, StandardCopyOption.REPLACE_EXISTING);
    assertEquals(BaseModel.of(model).weightsSha256(), cached());
    assertNotEquals(MARK, cached());
  }

  @Test
  void filesThatCameOrWentAreAnotherCheckpoint() throws IOException {
    mark();
    Path extra = Files.writeString(model.resolve("extra.safetensors"), "");
    assertEquals(digest, cached());
    Files.delete(extra);
    mark();
    Files.writeString(model.resolve("model.safetensors.index.json"), "{}");
    assertEquals(digest, cached(), "another index may choose other files");
  }

  @Test
  void otherDirectoryIsAnotherCheckpoint() throws IOException {
    mark();
    Path moved = Files.move(model, directory.resolve("moved"));
    assertEquals(digest, BaseModel.of(moved, cache()).weightsSha256());
    assertEquals(2, entries().size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"sha256\":\"" + "ab" + "\"}",
        "not json at all",
      })
  void damagedEntryIsNotTrustedAndReplaced(String text) throws IOException {
    Path entry = mark();
    Files.writeString(entry, text);
    assertEquals(digest, cached());
    mark();
  }

  @Test
  void alteredEntryIsNotTrusted() throws IOException {
    Path entry = mark();
    String whole = Files.readString(entry);
    List<String> altered = new ArrayList<>();
    altered.add(whole.substring(0, whole.length() / 2));
    altered.add(whole + "\n");
    altered.add(whole.replace("tensafe-weights/v2", "tensafe-weights/v3"));
    altered.add(whole.replace(MARK, MARK.toUpperCase(java.util.Locale.ROOT)));
    altered.add(whole.replace("\"inode\":\"", "\"inode\":\"1"));
    altered.add(whole.replace("}]", "}],\"more\":1"));
    altered.add("[".repeat(1 << 16));
    altered.add(" ".repeat(1 << 21) + whole);
    for (String text : altered) {
      Files.writeString(entry, text);
      assertEquals(digest, cached(), text.substring(0, Math.min(200, text.length())));
      mark();
    }
  }

  @Test
  void whatIsNoFileIsNotRead() throws IOException {
    Path entry = mark();
    Path elsewhere = Files.move(entry, directory.resolve("elsewhere"));
    Files.createSymbolicLink(entry, elsewhere);
    assertEquals(digest, cached());
    Files.deleteIfExists(entry);
    Files.createDirectory(entry);
    assertEquals(digest, cached());
  }

  @Test
  void entryThatOthersMayWriteIsNotTrusted() throws IOException {
    Path entry = mark();
    for (String permissions : List.of("rw--w----", "rw-----w-")) {
      Files.setPosixFilePermissions(entry, PosixFilePermissions.fromString(permissions));
      assertEquals(digest, cached(), permissions);
      entry = mark();
    }
    for (String permissions : List.of("rwx-w----", "rwxrwxrwx")) {
      Files.setPosixFilePermissions(
          entry.getParent(), PosixFilePermissions.fromString(permissions));
      assertEquals(digest, cached(), permissions);
    }
  }

  @Test
  void entryOfAnotherUserIsNeitherTrustedNorWritten() throws IOException {
    Path entry = mark();
    String before = Files.readString(entry);
    long me = ((Number) Files.getAttribute(entry, "unix:uid")).longValue();
    DigestCache others = new DigestCache(entry.getParent(), LATER, new OwnFiles(me + 1));
    assertEquals(digest, BaseModel.of(model, others).weightsSha256());
    assertEquals(before, Files.readString(entry));
  }

  @Test
  void entriesBelongToTheirUserAlone() throws IOException {
    mark();
    Path entry = entries().get(0);
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(entry)));
    for (Path made : List.of(entry.getParent(), cacheDirectory)) {
      assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(made)));
    }
  }

  @Test
  void cacheThatCannotBeWrittenIsNoError() throws IOException {
    cacheDirectory = Files.writeString(directory.resolve("file"), "").resolve("below");
    assertEquals(digest, cached());
    assertEquals(digest, cached());
  }

  @Test
  void filesThatJustChangedAreNotRemembered() throws IOException {
    Instant changed = CheckpointIdentity.of(model).orElseThrow().changed();
    for (Duration age : List.of(Duration.ofSeconds(-5), Duration.ZERO, DigestCache.SETTLED)) {
      DigestCache cache = DigestCache.in(cacheDirectory, InstantSource.fixed(changed.plus(age)));
      assertEquals(digest, BaseModel.of(model, cache).weightsSha256());
      assertEquals(List.of(), entries());
    }
    Instant settled = changed.plus(DigestCache.SETTLED).plusNanos(1);
    BaseModel.of(model, DigestCache.in(cacheDirectory, InstantSource.fixed(settled)));
    assertEquals(1, entries().size());
  }

  @Test
  void filesThatChangeWhileTheyAreReadAreNotRemembered() throws IOException {
    Optional<CheckpointIdentity> before = CheckpointIdentity.of(model);
    String given =
        cache()
            .digest(
                before,
                () -> CheckpointIdentity.of(model),
                () -> {
                  touch();
                  return MARK;
                });
    assertEquals(MARK, given);
    assertEquals(List.of(), entries());
  }

  @Test
  void rememberedDigestOfFilesThatChangedSinceIsNotTaken() throws IOException {
    mark();
    Optional<CheckpointIdentity> before = CheckpointIdentity.of(model);
    touch();
    assertEquals(digest, cache().digest(before, () -> CheckpointIdentity.of(model), () -> digest));
  }

  private void touch() {
    try {
      Files.setLastModifiedTime(weights, FileTime.fromMillis(0));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void longestUnwrittenModelsAreForgotten() throws IOException {
    List<Path> models = new ArrayList<>();
    for (int i = 0; i < DigestCache.MAX_FILES + 3; i++) {
      models.add(Files.createDirectory(directory.resolve("m" + i)));
      Files.writeString(models.get(i).resolve("a.safetensors"), "");
      Optional<CheckpointIdentity> identity = CheckpointIdentity.of(models.get(i));
      assertEquals(MARK, cache().digest(identity, () -> identity, () -> MARK));
      Path entry = cacheDirectory.resolve("weights").resolve(identity.orElseThrow().fileName());
      Files.setLastModifiedTime(entry, FileTime.from(Instant.ofEpochSecond(1_000 + i)));
      assertTrue(entries().size() <= DigestCache.MAX_FILES);
    }
    for (int i = 0; i < models.size(); i++) {
      Path entry =
          cacheDirectory
              .resolve("weights")
              .resolve(CheckpointIdentity.of(models.get(i)).orElseThrow().fileName());
      assertEquals(i >= 3, Files.exists(entry), "model " + i);
    }
  }

  @Test
  void severalAtOnceSeeWholeEntriesOnly() throws Exception {
    List<Path> models = new ArrayList<>();
    List<String> digests = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      models.add(Workplace.writeBase(directory.resolve("m" + i), i + 1, 8, 12));
      digests.add(BaseModel.of(models.get(i)).weightsSha256());
    }
    ExecutorService workers = Executors.newFixedThreadPool(4);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int worker = 0; worker < 4; worker++) {
        all.add(
            workers.submit(
                () -> {
                  for (int round = 0; round < 40; round++) {
                    int which = round % 4;
                    // A cache of its own, as another process has.
                    String given = BaseModel.of(models.get(which), cache()).weightsSha256();
                    assertEquals(digests.get(which), given);
                    if (round % 10 == 9) {
                      Files.deleteIfExists(entryOf(models.get(which)));
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } finally {
      workers.shutdownNow();
    }
    for (Path entry : entries()) {
      assertTrue(entry.toString().endsWith(".json"), "left behind: " + entry);
    }
    assertFalse(entries().isEmpty());
  }

  private Path entryOf(Path of) {
    return cacheDirectory
        .resolve("weights")
        .resolve(CheckpointIdentity.of(of).orElseThrow().fileName());
  }
}
