package dev.tensafe.tssp.verify;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/**
 * Which files only this process's user can have written: those that belong to the user and that
 * neither group nor others may write. Immutable.
 *
 * @param user numeric id
 */
record OwnFiles(long user) {
  private static final int WRITABLE_BY_OTHERS = 022;
  private static final int TYPE = 0170000;
  private static final int DIRECTORY = 0040000;
  private static final int REGULAR = 0100000;

  boolean isDirectory(Path path) throws IOException {
    return is(path, DIRECTORY);
  }

  boolean isFile(Path path) throws IOException {
    return is(path, REGULAR);
  }

  /** A symbolic link is neither. */
  private boolean is(Path path, int type) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(path, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
    int mode = number(attributes, "mode").intValue();
    return number(attributes, "uid").longValue() == user
        && (mode & TYPE) == type
        && (mode & WRITABLE_BY_OTHERS) == 0;
  }

  private static Number number(Map<String, Object> attributes, String name) {
    return requireNonNull((Number) attributes.get(name), name);
  }
}
