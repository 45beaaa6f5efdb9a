package dev.tensafe.formats.file;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Files that only their owner should read: private keys, passphrases, API keys. A file that belongs
 * to another user than the one who runs this process may be open to its group, by which this
 * process reads it then (the rule of PostgreSQL for its private key). Stateless.
 */
public final class SecretFile {
  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.of(PosixFilePermission.OTHERS_READ, PosixFilePermission.OTHERS_WRITE);
  private static final Set<PosixFilePermission> GROUP =
      EnumSet.of(PosixFilePermission.GROUP_READ, PosixFilePermission.GROUP_WRITE);

  private SecretFile() {}

  /**
   * Who else can reach a file.
   *
   * @return a sentence to warn with, that names the file and the remedy; empty if nobody can, or if
   *     there is no such file
   */
  public static Optional<String> exposure(Path file) {
    requireNonNull(file, "file is null");
    Set<PosixFilePermission> permissions;
    boolean own;
    try {
      permissions = Files.getPosixFilePermissions(file);
      own = Files.getOwner(file).equals(Files.getOwner(Path.of("/proc/self")));
    } catch (IOException | UnsupportedOperationException e) {
      // whoever reads the file will say so
      return Optional.empty();
    }
    boolean others = permissions.stream().anyMatch(OTHERS::contains);
    boolean group = own && permissions.stream().anyMatch(GROUP::contains);
    return others || group
        ? Optional.of(
            file
                + " is open to "
                + (others ? "every user" : "its group")
                + " ("
                + PosixFilePermissions.toString(permissions)
                + "); close it: chmod "
                + (own ? "600 " : "o-rwx ")
                + file)
        : Optional.empty();
  }
}
