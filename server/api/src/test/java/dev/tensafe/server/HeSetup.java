package dev.tensafe.server;

import dev.tensafe.he.Profile;
import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.client.LinkConfig;
import dev.tensafe.he.host.AdapterDirectory;
import dev.tensafe.he.host.AdapterHost;
import dev.tensafe.he.host.BarredAccounts;
import dev.tensafe.he.host.ClientAccounts;
import dev.tensafe.he.host.ClientPolicy;
import dev.tensafe.he.host.HostLimits;
import dev.tensafe.he.host.HostServer;
import dev.tensafe.he.host.TokenMeter;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.Listener;
import dev.tensafe.he.transport.TlsIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** An adapter host on a real socket, with its directory, and model hosts' ways to it. */
final class HeSetup implements AutoCloseable {
  final AdapterOwner owner;
  final Path packages;
  final AdapterHost host;
  final AdapterDirectory directory;
  final HostServer server;
  private final Path state;

  private HeSetup(
      AdapterOwner owner,
      Path packages,
      Address listen,
      TlsIdentity identity,
      OptionalLong clientTokensPerDay,
      ClientPolicy clients)
      throws IOException {
    this.owner = owner;
    this.packages = Files.createDirectories(packages);
    this.state = packages.resolveSibling("he-state");
    this.host =
        new AdapterHost(
            owner.adapterHost,
            TokenMeter.open(
                AdapterDirectory.state(packages).resolve("usage.json"),
                InstantSource.system(),
                clientTokensPerDay),
            clients,
            HostLimits.standard());
    this.directory = AdapterDirectory.open(packages, owner.trust, host, InstantSource.system());
    this.server = HostServer.start(host, Listener.open(listen, identity), 5_000, 60_000);
  }

  /** Listens on a socket file in a directory. */
  static HeSetup unix(AdapterOwner owner, Path in) throws IOException {
    return unix(owner, in, OptionalLong.empty());
  }

  static HeSetup unix(AdapterOwner owner, Path in, OptionalLong clientTokensPerDay)
      throws IOException {
    return new HeSetup(
        owner,
        in.resolve("hosted"),
        new Address.Unix(in.resolve("he.sock")),
        null,
        clientTokensPerDay,
        ClientPolicy.open());
  }

  /** As {@link #unix(AdapterOwner, Path)}, and gives no tags. */
  static HeSetup untagged(AdapterOwner owner, Path in) throws IOException {
    return new HeSetup(
        owner,
        in.resolve("hosted"),
        new Address.Unix(in.resolve("he.sock")),
        null,
        OptionalLong.empty(),
        new ClientPolicy(ClientAccounts.unnamed(), BarredAccounts.inMemory(), false));
  }

  static HeSetup tls(AdapterOwner owner, Path in, TlsIdentity identity) throws IOException {
    return new HeSetup(
        owner,
        in.resolve("hosted"),
        new Address.Tls("127.0.0.1", 0),
        identity,
        OptionalLong.empty(),
        ClientPolicy.open());
  }

  /** Puts a package where the host finds it. */
  void deliver(Path file) throws IOException {
    Files.copy(file, packages.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
    directory.refresh();
  }

  /** Short pauses, so that tests need not wait. */
  static LinkConfig quick(Profile profile, long timeoutMillis) {
    return new LinkConfig(
        profile, timeoutMillis, 2_000, 20, 100, 200, 256L << 20, false, OptionalInt.empty());
  }

  TestServer.EncryptedModeFactory mode(LinkConfig config, TlsIdentity identity) {
    return mode(server.address(), config, identity);
  }

  /** By way of somebody else's address. */
  TestServer.EncryptedModeFactory mode(Address address, LinkConfig config, TlsIdentity identity) {
    return (key, base, layers) ->
        EncryptedAdapters.remote(key, base, layers, config, List.of(address), identity, state);
  }

  TestServer.EncryptedModeFactory mode() {
    return mode(quick(Profile.FAST, 30_000), null);
  }

  @Override
  public void close() {
    server.close();
    host.close();
  }
}
