package dev.tensafe.lora.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tensafe.lora.AdapterException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A registry's directory whose index misbehaves, or that somebody else has. */
class PackageStoreTest {
  @TempDir private Path directory;

  private void refused() {
    AdapterException e =
        assertThrows(AdapterException.class, () -> PackageStore.open(directory).close());
    assertEquals("adapter.storage", e.code());
  }

  @Test
  void anIndexThatCannotBeReadIsNotTakenForAnEmptyOneAndItsPackagesStay() throws Exception {
    PackageStore.open(directory).close();
    Path kept = Files.writeString(directory.resolve("packages/" + "0".repeat(64) + ".tssp"), "x");
    Path index = directory.resolve("registry.json");
    Files.createSymbolicLink(index, index.getFileName());
    refused();
    assertEquals("x", Files.readString(kept));
  }

  @Test
  void oneProcessAtATimeHasTheDirectory() {
    PackageStore first = PackageStore.open(directory);
    refused();
    first.close();
    PackageStore.open(directory).close();
  }
}
