package dev.tensafe.owner.host;

import dev.tensafe.he.transport.TlsIdentity;
import dev.tensafe.he.transport.TlsSide;
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
   * @param side whose flags they are from
   * @throws ConfigException {@code config.<flag>} if one is missing or cannot be used
   */
  public static @Nullable TlsIdentity identity(
      TlsSide side, @Nullable Path certificate, @Nullable Path key, @Nullable Path ca) {
    if (certificate == null && key == null && ca == null) {
      return null;
    }
    if (certificate == null || key == null || ca == null) {
      throw new ConfigException(
          "config." + side.authorityOption(),
          side.certificateOption()
              + ", "
              + side.keyOption()
              + " and "
              + side.authorityOption()
              + " go together; one of them is missing");
    }
    StartChecks.pair(side.certificateOption(), certificate, side.keyOption(), key);
    StartChecks.certificates(side.authorityOption(), ca);
    return TlsIdentity.of(side, certificate, key, ca);
  }
}
