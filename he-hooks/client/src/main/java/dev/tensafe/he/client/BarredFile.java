package dev.tensafe.he.client;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.CodedException;
import dev.tensafe.formats.Json;
import dev.tensafe.formats.file.AtomicFile;
import dev.tensafe.formats.file.ProcessLock;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.tssp.TsspException;
import dev.tensafe.tssp.canonical.StrictFields;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.keys.PublicKeyFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * The file {@value #NAME} of a state directory, which the server and the operator's commands write
 * under a lock beside it. A file that cannot be read is an error, never treated as empty. One
 * thread at a time.
 */
final class BarredFile {
  static final String NAME = "barred-hosts.json";

  private static final String FORMAT = "tensafe-barred-hosts/v1";
  private static final Pattern DIGEST = Pattern.compile("[0-9a-f]{64}");
  private static final int MAX_PAIRS = 100_000;
  private static final int MAX_TEXT = 4_096;

  private final Path directory;
  private final Path file;

  BarredFile(Path directory) {
    this.directory = directory;
    this.file = directory.resolve(NAME);
  }

  /** Tells one state of the file from another without reading it. */
  String stamp() {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      return now.fileKey() + " " + now.size() + " " + now.lastModifiedTime();
    } catch (NoSuchFileException e) {
      return "";
    } catch (IOException e) {
      throw failed("read", e);
    }
  }

  /**
   * The pairs in the file; none where there is no file.
   *
   * @throws HeException {@code he.storage}
   */
  List<BarredPair> read() {
    try {
      if (Files.notExists(file)) {
        return List.of();
      }
      StrictFields fields =
          new StrictFields(
              Json.readObject(file, "he"), file.toString(), TsspException.Reason.TRUST_MALFORMED);
      fields.requireKeys(List.of("format", "barred"), List.of());
      if (!fields.text("format", 64).equals(FORMAT)) {
        throw fields.bad("is not of the format '" + FORMAT + "'");
      }
      return fields.objects("barred", MAX_PAIRS, (pair, index) -> pair(pair));
    } catch (CodedException e) {
      throw new HeException(Reason.STORAGE, e.description(), e);
    }
  }

  private static BarredPair pair(StrictFields fields) {
    fields.requireKeys(
        List.of("digest", "adapter", "host", "address", "time", "reason"), List.of());
    return new BarredPair(
        fields.text("digest", DIGEST),
        fields.text("adapter", MAX_TEXT),
        new KeyId(fields.text("host", KeyId.PATTERN)),
        fields.text("address", MAX_TEXT),
        fields.time("time"),
        BarredHosts.Reason.of(fields.text("reason", MAX_TEXT))
            .orElseThrow(() -> fields.bad("has an unknown reason")));
  }

  /**
   * Changes the pairs in the file, which is on disk when this returns.
   *
   * @param change of the list; the file is written if it changes
   * @return the pairs that are in the file now
   * @throws HeException {@code he.storage}
   */
  List<BarredPair> update(Consumer<List<BarredPair>> change) {
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      try (ProcessLock unusedHeld = ProcessLock.acquire(directory.resolve("barred-hosts.lock"))) {
        List<BarredPair> before = read();
        List<BarredPair> after = new ArrayList<>(before);
        change.accept(after);
        if (!after.equals(before)) {
          AtomicFile.write(file, bytes(after));
        }
        return List.copyOf(after);
      }
    } catch (IOException e) {
      throw failed("write", e);
    }
  }

  private static byte[] bytes(List<BarredPair> pairs) {
    ObjectNode node = JsonNodeFactory.instance.objectNode().put("format", FORMAT);
    ArrayNode list = node.putArray("barred");
    pairs.forEach(pair -> put(pair, list.addObject()));
    return PublicKeyFile.bytes(node);
  }

  /** Writes what names a pair into a JSON object. */
  static ObjectNode put(BarredPair pair, ObjectNode out) {
    return out.put("digest", pair.digest())
        .put("adapter", pair.adapter())
        .put("host", pair.host().hex())
        .put("address", pair.address())
        .put("time", StrictFields.format(pair.time()))
        .put("reason", pair.reason().code());
  }

  private HeException failed(String doing, IOException e) {
    return new HeException(
        Reason.STORAGE, "cannot " + doing + " " + file + ": " + e.getMessage(), e);
  }
}
