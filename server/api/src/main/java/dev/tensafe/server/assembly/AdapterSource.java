package dev.tensafe.server.assembly;

import dev.tensafe.lora.registry.AdapterRegistry;
import dev.tensafe.tssp.keys.RecipientKey;
import java.nio.file.Path;

/** A server's packages: their directory, the trusted issuers, the key that opens them. */
public interface AdapterSource extends AutoCloseable {
  /** The directory of the packages that were registered. */
  Path store();

  /** The directory of pinned issuers. */
  Path trust();

  /** Opens packages; closed with this. */
  RecipientKey key();

  /** Registers the packages a server starts with. Called once, before the server listens. */
  default void fill(AdapterRegistry registry) {}

  @Override
  void close();

  /** Directories and a key that the operator made; the server starts with the packages there. */
  record Operated(Path store, Path trust, RecipientKey key) implements AdapterSource {
    @Override
    public void close() {
      key.close();
    }
  }
}
