package dev.tensafe.server.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.CodedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file of API keys as keys are added to it. */
class ApiKeysTest {
  @TempDir private Path directory;

  private void add(Path file, String name) throws Exception {
    new ApiKeyFile(file).add(name, EnumSet.allOf(ApiKeys.Scope.class));
  }

  @Test
  void keysAreAddedToAFileThatOnlyItsOwnerCanRead() throws Exception {
    Path file = directory.resolve("keys.json");
    add(file, "first");
    add(file, "second");
    String text = Files.readString(file);
    assertTrue(text.contains("first") && text.contains("second"), text);
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
  }

  /** A link to itself stands for whatever is there but cannot be looked at. */
  @Test
  void aFileThatCannotBeReadIsNotReplaced() throws Exception {
    Path file = directory.resolve("keys.json");
    Files.createSymbolicLink(file, file.getFileName());
    assertThrows(CodedException.class, () -> add(file, "first"));
    assertTrue(Files.isSymbolicLink(file));
  }

  @Test
  void aKeyEndsWhenItIsRemovedOrRotatedAndAServerFollowsAtOnce() throws Exception {
    Path path = directory.resolve("keys.json");
    ApiKeyFile file = new ApiKeyFile(path);
    String first = file.add("first", Set.of(ApiKeys.Scope.INFER));
    ApiKeys served = ApiKeys.load(path);
    assertNotNull(served.find(first));
    String second = file.add("second", Set.of(ApiKeys.Scope.METRICS));
    assertNotNull(served.find(second));
    String rotated = file.rotate("first");
    assertNull(served.find(first));
    assertEquals(new ApiKeys.Key("first", Set.of(ApiKeys.Scope.INFER)), served.find(rotated));
    file.remove("first");
    assertNull(served.find(rotated));
    assertEquals(List.of("second"), file.list().stream().map(ApiKeys.Key::name).toList());
    assertThrows(CodedException.class, () -> file.remove("first"));
    assertThrows(CodedException.class, () -> file.rotate("first"));
  }

  /** An editor's half-written file must neither stop a server nor open it. */
  @Test
  void aFileThatIsMalformedOrGoneLeavesTheKeysAsTheyWere() throws Exception {
    Path path = directory.resolve("keys.json");
    ApiKeyFile file = new ApiKeyFile(path);
    String key = file.add("first", Set.of(ApiKeys.Scope.INFER));
    ApiKeys served = ApiKeys.load(path);
    String good = Files.readString(path);
    Files.writeString(path, good.substring(0, good.length() / 2));
    assertNotNull(served.find(key));
    Files.delete(path);
    assertNotNull(served.find(key));
    Files.writeString(path, "{\"keys\": []}");
    assertNull(served.find(key));
  }

  @Test
  void noKeyIsLostWhenManyAreAddedAtTheSameTime() throws Exception {
    Path path = directory.resolve("keys.json");
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Future<String>> added = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      String name = "key-" + i;
      added.add(threads.submit(() -> new ApiKeyFile(path).add(name, Set.of(ApiKeys.Scope.INFER))));
    }
    for (Future<String> key : added) {
      assertTrue(key.get().startsWith("tsk-"));
    }
    threads.shutdown();
    assertEquals(32, new ApiKeyFile(path).list().size());
  }
}
