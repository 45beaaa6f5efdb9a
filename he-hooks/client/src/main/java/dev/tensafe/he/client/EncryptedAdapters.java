package dev.tensafe.he.client;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.LocalHost;
import dev.tensafe.he.transport.Sockets;
import dev.tensafe.he.transport.TlsIdentity;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.registry.AdapterInfo;
import dev.tensafe.lora.registry.EncryptedMode;
import dev.tensafe.nativelib.ckks.PackingPlanner;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.verify.VerifiedPackage;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mode he as the registry sees it: which packages can be served, what they take of memory, and how
 * their public parts come into it. The sealed parts are at adapter hosts that {@link HostLinks}
 * leads to, or at one embedded in this process. Thread-safe.
 */
public final class EncryptedAdapters implements EncryptedMode, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EncryptedAdapters.class);

  private final RecipientKey key;
  private final BaseProjections base;
  private final int layers;
  private final LinkConfig config;
  private final PackingTools tools;
  private final TaskThread padMaker;
  private final HostLinks links;
  private final BarredHosts barred;
  private final @Nullable LocalHost embedded;
  private final Map<String, Verification> verified = new ConcurrentHashMap<>();
  private volatile HeListener listener = HeListener.NONE;
  private volatile HeTracer tracer = HeTracer.NONE;

  /** An adapter host to connect to. */
  private record Target(String name, HostLink.Connector connector) {}

  private EncryptedAdapters(
      RecipientKey key,
      BaseProjections base,
      int layers,
      LinkConfig config,
      List<Target> targets,
      BarredHosts barred,
      TagBook tags,
      @Nullable LocalHost embedded) {
    this.key = key;
    this.base = base;
    this.layers = layers;
    this.config = config;
    this.tools = new PackingTools(config.profile());
    this.padMaker = TaskThread.idle("he-pads");
    this.barred = barred;
    this.embedded = embedded;
    LinkTools shared =
        new LinkTools(
            config,
            tools,
            tags,
            barred,
            padMaker,
            this::listener,
            new PreparationLimits(),
            InstantSource.system(),
            embedded != null);
    List<HostLink> all = new ArrayList<>();
    for (Target target : targets) {
      all.add(new HostLink(target.name(), target.connector(), shared));
    }
    this.links = new HostLinks(all);
  }

  /**
   * Uses adapter hosts elsewhere; connects in the background.
   *
   * @param key opens public parts; not closed here
   * @param identity needed for addresses {@code tls:}
   * @param state directory for tags, and for hosts that are barred; null to forget both with this
   * @throws HeException {@code he.tls}, {@code he.storage}
   */
  public static EncryptedAdapters remote(
      RecipientKey key,
      BaseProjections base,
      int layers,
      LinkConfig config,
      List<Address> hosts,
      @Nullable TlsIdentity identity,
      @Nullable Path state) {
    BarredHosts barred = state == null ? BarredHosts.inMemory() : BarredHosts.open(state);
    for (Address address : hosts) {
      if (address instanceof Address.Tls && identity == null) {
        throw new HeException(
            Reason.TLS, address + " needs a client certificate, its key, and an authority");
      }
    }
    int uid = config.hostUid().orElseGet(Sockets::ownUid);
    List<Target> targets = new ArrayList<>();
    for (Address address : hosts) {
      targets.add(
          new Target(
              address.toString(),
              () -> Sockets.connect(address, identity, config.connectMillis(), uid)));
    }
    EncryptedAdapters adapters =
        new EncryptedAdapters(key, base, layers, config, targets, barred, new TagBook(state), null);
    adapters.links.begin();
    return adapters;
  }

  /**
   * Runs the adapter host in this process: the computation is the same, and nothing is promised.
   *
   * @param host closed with this
   */
  public static EncryptedAdapters embedded(
      RecipientKey key, BaseProjections base, int layers, LinkConfig config, LocalHost host) {
    LOG.info(
        "adapters of mode he would run embedded: computed under encryption, but with both roles in"
            + " this process, which hides nothing from anybody; --adapter-host makes two parties");
    List<Target> targets = List.of(new Target("this process", host::connect));
    return new EncryptedAdapters(
        key, base, layers, config, targets, BarredHosts.inMemory(), new TagBook(null), host);
  }

  @Override
  public boolean embedded() {
    return embedded != null;
  }

  /** The adapter host in this process, if it is here. */
  public Optional<LocalHost> embeddedHost() {
    return Optional.ofNullable(embedded);
  }

  /** Sets the listener for costs and failures; there is one at a time. */
  public void listen(HeListener to) {
    listener = to;
  }

  /** Sets who traces steps; there is one at a time. */
  public void traceWith(HeTracer with) {
    tracer = with;
  }

  HeTracer tracer() {
    return tracer;
  }

  /** The adapter hosts that this server does not use any more. */
  public BarredHosts barred() {
    return barred;
  }

  /**
   * The way in which an adapter's answers are checked; for one that takes no requests at present,
   * the way it was when this was last asked.
   *
   * @param digest of its manifest, 64 hexadecimal digits
   */
  public Verification verification(String digest) {
    if (embedded()) {
      return Verification.EMBEDDED;
    }
    links.verification(digest).ifPresent(now -> verified.put(digest, now));
    return verified.getOrDefault(digest, Verification.UNVERIFIED);
  }

  HeListener listener() {
    return listener;
  }

  LinkConfig config() {
    return config;
  }

  PackingTools tools() {
    return tools;
  }

  /** The adapter hosts, in the order in which they are asked. */
  public List<HostStatus> hosts() {
    return links.status();
  }

  /** The number of adapter hosts with a session. */
  public int connected() {
    return links.connected();
  }

  /** Positions of pads that are ready, over all adapters and groups. */
  public int padsReady() {
    return links.padsReady();
  }

  @Override
  public String profile() {
    return config.profile().label();
  }

  @Override
  public boolean guesses() {
    return config.guesses();
  }

  @Override
  public String verified(String digest) {
    return verification(digest).label();
  }

  @Override
  public void requireServable(Manifest manifest) {
    Set<KeyId> hosts = PublicPartReader.hosts(manifest);
    boolean ours = hosts.contains(key.publicKey().id());
    if (embedded() && !ours) {
      throw unsupported(
          "'"
              + manifest.name()
              + "' needs an adapter host: its sealed part is not addressed to this server, and no"
              + " --adapter-host is given");
    }
    if (!embedded() && ours) {
      throw unsupported(
          "the sealed part of '"
              + manifest.name()
              + "' is addressed to this server too, which must not be able to open it; pack it for"
              + " the adapter host alone, or serve it embedded");
    }
  }

  private static AdapterException unsupported(String text) {
    return new AdapterException(AdapterException.Reason.MODE_UNSUPPORTED, text);
  }

  @Override
  public long bytes(Manifest manifest) {
    return MemoryEstimate.bytes(manifest, base, config, embedded());
  }

  @Override
  public PublicPart load(VerifiedPackage verified) {
    PublicPart adapter = PublicPartReader.read(verified, key, base, layers);
    try {
      LocalHost host = embedded;
      if (host != null) {
        LocalHost.Served served = host.serve(verified);
        adapter.onClose(
            () -> {
              links.remove(adapter);
              served.close();
            });
      } else {
        adapter.onClose(() -> links.remove(adapter));
      }
      links.begin();
      PackingPlanner unusedPlanner = tools.planner();
      links.add(adapter);
      links.await(adapter, config.timeoutMillis());
      return adapter;
    } catch (RuntimeException | Error e) {
      adapter.close();
      throw e;
    }
  }

  @Override
  public void requireReady(AdapterInfo info) {
    Optional<String> problem = problem(info.digest(), PublicPartReader.hosts(info.manifest()));
    if (problem.isPresent()) {
      throw new AdapterException(
          AdapterException.Reason.UNAVAILABLE,
          "adapter '" + info.name() + "' cannot be computed now: " + problem.get());
    }
  }

  /** The reason why an adapter takes no requests, or empty if it does. */
  Optional<String> problem(String digest, Set<KeyId> hosts) {
    // the session of an embedded host begins with the first adapter
    return embedded() ? Optional.empty() : links.problem(digest, hosts);
  }

  /** The way to an adapter in a session that has it open, or null. */
  @Nullable AdapterRoute route(PublicPart adapter) {
    return links.route(adapter);
  }

  /** A sequence needs its lanes no more. */
  void ended(long sequence) {
    links.ended(sequence);
  }

  /** Ends all sessions; the engine must have stopped. */
  @Override
  public void close() {
    links.close();
    padMaker.close();
    if (embedded != null) {
      embedded.close();
    }
  }
}
