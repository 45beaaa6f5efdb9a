package dev.tensafe.he.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.nativelib.ckks.GroupTag;
import dev.tensafe.tssp.keys.KeyId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tag is kept like a key. */
class TagBookTest {
  private static final KeyId HOST = new KeyId("a".repeat(64));
  private static final String DIGEST = "1".repeat(64);

  @TempDir Path directory;
  private final Random random = new Random(5);

  private AdapterTag tag() {
    long[][] r = new long[GroupTag.CHECKS][7];
    long[][] f = new long[GroupTag.CHECKS][100];
    for (int i = 0; i < GroupTag.CHECKS; i++) {
      r[i] = random.longs(7).toArray();
      f[i] = random.longs(100).toArray();
    }
    return new AdapterTag(r, f);
  }

  @Test
  void aTagComesBackInAnotherProcessAndIsItsOwnersAlone() throws Exception {
    AdapterTag tag = tag();
    new TagBook(directory).put(DIGEST, HOST, tag);
    AdapterTag again = new TagBook(directory).find(DIGEST, HOST).orElseThrow();
    for (int i = 0; i < GroupTag.CHECKS; i++) {
      assertArrayEquals(tag.r()[i], again.r()[i]);
      assertArrayEquals(tag.f()[i], again.f()[i]);
    }
    Path file = TagBook.file(directory, DIGEST, HOST);
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    assertTrue(new TagBook(directory).find("2".repeat(64), HOST).isEmpty());
    assertTrue(new TagBook(directory).find(DIGEST, new KeyId("b".repeat(64))).isEmpty());
  }

  @Test
  void aFileThatIsDamagedOrAnothersIsNoTag() throws Exception {
    TagBook book = new TagBook(directory);
    book.put(DIGEST, HOST, tag());
    Path file = TagBook.file(directory, DIGEST, HOST);
    byte[] bytes = Files.readAllBytes(file);
    for (int i = 0; i < 40; i++) {
      byte[] damaged = bytes.clone();
      damaged[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, damaged);
      assertTrue(book.find(DIGEST, HOST).isEmpty());
    }
    for (int length : new int[] {0, 8, 80, bytes.length - 1}) {
      Files.write(file, java.util.Arrays.copyOf(bytes, length));
      assertTrue(book.find(DIGEST, HOST).isEmpty());
    }
    Path other = TagBook.file(directory, "2".repeat(64), HOST);
    Files.write(other, bytes);
    assertTrue(book.find("2".repeat(64), HOST).isEmpty());
    Files.write(file, bytes);
    assertTrue(book.find(DIGEST, HOST).isPresent());
  }

  @Test
  void aTagIsOfOneShapeAndSaysNothing() {
    AdapterTag tag = tag();
    assertTrue(tag.fits(7, 100));
    assertFalse(tag.fits(8, 100));
    assertFalse(tag.fits(7, 99));
    GroupTag group = tag.group(20, 30, 4);
    assertEquals(4, group.r()[0].length);
    assertEquals(tag.f()[1][49], group.f()[1][29]);
    assertEquals("AdapterTag", tag.toString());
  }

  @Test
  void withoutADirectoryItIsKeptInMemory() {
    TagBook book = new TagBook(null);
    AdapterTag tag = tag();
    book.put(DIGEST, HOST, tag);
    assertEquals(tag, book.find(DIGEST, HOST).orElseThrow());
  }
}
