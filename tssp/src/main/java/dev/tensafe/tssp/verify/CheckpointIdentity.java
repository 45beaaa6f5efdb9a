package dev.tensafe.tssp.verify;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.tssp.canonical.CanonicalJson;
import dev.tensafe.tssp.crypto.Digests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What tells the files of a checkpoint from any others, and from themselves before a change,
 * without reading them: where they lie, device, inode, size and the times of the last change of
 * content and of status. The second time cannot be set, so that a file with its old size and its
 * old time of content is another one still. Two identities are equal if nothing of this differs.
 * Immutable.
 */
final class CheckpointIdentity {
  private static final String ATTRIBUTES = "unix:dev,ino,size,lastModifiedTime,ctime";

  private final String directory;
  private final byte[] canonical;
  private final ObjectNode json;
  private final Instant changed;

  private CheckpointIdentity(String directory, ObjectNode json, Instant changed) {
    this.directory = directory;
    this.json = json;
    this.canonical = CanonicalJson.write(json);
    this.changed = changed;
  }

  /**
   * The identity of the safetensors files of a directory and of their index.
   *
   * @return empty where the file system does not say enough to tell files apart
   */
  static Optional<CheckpointIdentity> of(Path directory) {
    try (Stream<Path> list = Files.list(directory)) {
      String real = directory.toRealPath().toString();
      ObjectNode json = JsonNodeFactory.instance.objectNode().put("directory", real);
      ArrayNode files = json.putArray("files");
      Instant changed = Instant.MIN;
      for (Path file : list.filter(CheckpointIdentity::counts).sorted().toList()) {
        Map<String, Object> attributes = Files.readAttributes(file, ATTRIBUTES);
        FileTime status = time(attributes, "ctime");
        // Texts: the numbers go beyond those that canonical JSON has.
        files
            .addObject()
            .put("name", file.getFileName().toString())
            .put("device", String.valueOf(attributes.get("dev")))
            .put("inode", String.valueOf(attributes.get("ino")))
            .put("size", String.valueOf(attributes.get("size")))
            .put("modified_nanos", nanos(time(attributes, "lastModifiedTime")))
            .put("changed_nanos", nanos(status));
        changed = status.toInstant().isAfter(changed) ? status.toInstant() : changed;
      }
      return Optional.of(new CheckpointIdentity(real, json, changed));
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static boolean counts(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".safetensors") || name.endsWith(".safetensors.index.json");
  }

  private static FileTime time(Map<String, Object> attributes, String name) {
    return requireNonNull((FileTime) attributes.get(name), name);
  }

  private static String nanos(FileTime time) {
    return String.valueOf(time.to(TimeUnit.NANOSECONDS));
  }

  /** A file's name for what is known of this directory, whatever its files are. */
  String fileName() {
    byte[] digest = Digests.sha256(directory.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest, 0, 16) + ".json";
  }

  /** A copy, for the caller to add to. */
  ObjectNode json() {
    return json.deepCopy();
  }

  /** When one of the files was last written, renamed or given other permissions. */
  Instant changed() {
    return changed;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CheckpointIdentity that && Arrays.equals(canonical, that.canonical);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(canonical);
  }

  @Override
  public String toString() {
    return "CheckpointIdentity[" + directory + "]";
  }
}
