package dev.tensafe.server.assembly;

import dev.tensafe.he.Profile;
import dev.tensafe.he.client.LinkConfig;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.TlsIdentity;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a server has adapters of mode he computed.
 *
 * @param hosts of adapters; empty for one in the server's own process
 * @param identity certificate and key for hosts by TLS
 * @param state directory for tags and for hosts that are barred; null to forget both at the end
 */
public record EncryptedSettings(
    LinkConfig link, List<Address> hosts, @Nullable TlsIdentity identity, @Nullable Path state) {
  public EncryptedSettings {
    hosts = List.copyOf(hosts);
  }

  /** A host in the server's own process, with what is usual. */
  public static EncryptedSettings embedded() {
    return new EncryptedSettings(LinkConfig.standard(Profile.FAST), List.of(), null, null);
  }
}
