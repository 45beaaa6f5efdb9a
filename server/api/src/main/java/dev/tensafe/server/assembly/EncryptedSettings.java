package dev.tensafe.server.assembly;

import dev.tensafe.he.client.LinkConfig;
import dev.tensafe.he.client.ProbeRate;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.TlsIdentity;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a server has adapters of mode he computed.
 *
 * @param probes how often an adapter host is checked
 * @param hosts of adapters; empty for one in the server's own process
 * @param identity certificate and key for hosts by TLS
 */
public record EncryptedSettings(
    LinkConfig link, ProbeRate probes, List<Address> hosts, @Nullable TlsIdentity identity) {
  public EncryptedSettings {
    hosts = List.copyOf(hosts);
  }
}
