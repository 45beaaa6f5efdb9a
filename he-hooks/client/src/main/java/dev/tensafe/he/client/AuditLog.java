package dev.tensafe.he.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.Json;
import dev.tensafe.formats.file.AppendedFile;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.tssp.canonical.StrictFields;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The file {@value #NAME} of a state directory: one JSON object a line, only ever appended to. */
final class AuditLog {
  static final String NAME = "he-audit.log";

  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

  private final Path file;

  AuditLog(Path directory) {
    this.file = directory.resolve(NAME);
  }

  /**
   * Records that an operator trusts a host again; it is on disk when this returns.
   *
   * @param who name of the operating system's user
   * @throws HeException {@code he.storage}
   */
  void reenabled(BarredPair pair, String who, Instant when) {
    ObjectNode line =
        JsonNodeFactory.instance
            .objectNode()
            .put("time", StrictFields.format(when))
            .put("action", "reenable")
            .put("who", who);
    line.set("pair", BarredFile.put(pair, JsonNodeFactory.instance.objectNode()));
    try {
      long torn = AppendedFile.dropTorn(file, Json::isObject);
      if (torn > 0) {
        LOG.warn("{}: dropped the last line, of which a crash has left {} bytes", file, torn);
      }
      AppendedFile.appendDurably(file, line.toString());
    } catch (IOException e) {
      throw new HeException(Reason.STORAGE, "cannot write " + file + ": " + e.getMessage(), e);
    }
  }
}
