package dev.tensafe.owner.host;

import dev.tensafe.he.transport.TlsIdentity;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.runtime.check.StartChecks;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The certificate and key of a party of the encrypted protocol, from the flags of its command. */
public final class TlsFiles {
  private TlsFiles() {}

  /**
   * The files that authenticate a connection; all of them or none.
   *
   * @param own prefix of the flags for certificate and key
   * @param authority flag for the other side's authority
   * @throws ConfigException {@code config.<flag>} if one is missing or cannot be used
   */
  public static @Nullable TlsIdentity identity(
      String own,
      @Nullable Path certificate,
      @Nullable Path key,
      String authority,
      @Nullable Path ca) {
    if (certificate == null && key == null && ca == null) {
      return null;
    }
    if (certificate == null || key == null || ca == null) {
      throw new ConfigException(
          "config." + authority,
          own + "-cert, " + own + "-key and " + authority + " go together; one of them is missing");
    }
    StartChecks.pair(own + "-cert", certificate, own + "-key", key);
    StartChecks.certificates(authority, ca);
    return TlsIdentity.of(certificate, key, ca);
  }
}
