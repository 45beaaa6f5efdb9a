package dev.tensafe.he.client;

import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.peft.LoraTarget;
import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.LocalHost;
import dev.tensafe.he.transport.Sockets;
import dev.tensafe.he.transport.TlsIdentity;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.GroupLayout;
import dev.tensafe.lora.AdapterException;
import dev.tensafe.lora.registry.AdapterInfo;
import dev.tensafe.lora.registry.EncryptedMode;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.CostModel;
import dev.tensafe.nativelib.ckks.InputPads;
import dev.tensafe.nativelib.ckks.PackingPlanner;
import dev.tensafe.nativelib.ckks.Pads;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.manifest.AdapterModule;
import dev.tensafe.tssp.manifest.Manifest;
import dev.tensafe.tssp.verify.VerifiedPackage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The model host's side of mode he: links to adapter hosts, or one adapter host embedded in this
 * process. Thread-safe.
 */
public final class EncryptedAdapters implements EncryptedMode, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EncryptedAdapters.class);
  private static final int MEASURE_MILLIS = 200;
  private static final long TICK_MILLIS = 100;
  private static final long RETRY_REFUSED_MILLIS = 2_000;

  /** Bytes of a weight in transformed form, three packings and the integers of it. */
  private static final int EMBEDDED_BYTES_PER_WEIGHT = 3 * Long.BYTES + Integer.BYTES;

  private final RecipientKey key;
  private final BaseProjections base;
  private final int layers;
  private final LinkConfig config;
  private final PadMaker padMaker = new PadMaker();
  private final List<HostLink> links = new ArrayList<>();
  private final @Nullable LocalHost embedded;
  private final ScheduledExecutorService ticker;
  private @Nullable CkksContext context;
  private @Nullable PackingPlanner planner;
  private boolean begun;
  private volatile HeListener listener = HeListener.NONE;

  private EncryptedAdapters(
      RecipientKey key,
      BaseProjections base,
      int layers,
      LinkConfig config,
      @Nullable LocalHost embedded) {
    this.key = key;
    this.base = base;
    this.layers = layers;
    this.config = config;
    this.embedded = embedded;
    this.ticker =
        // two may be held up by a host that does not read, the third ends that
        Executors.newScheduledThreadPool(
            3,
            task -> {
              Thread thread = new Thread(task, "he-ticker");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Uses adapter hosts elsewhere; connects in the background.
   *
   * @param key opens public parts; not closed here
   * @param identity needed for addresses {@code tls:}
   */
  public static EncryptedAdapters remote(
      RecipientKey key,
      BaseProjections base,
      int layers,
      LinkConfig config,
      List<Address> hosts,
      @Nullable TlsIdentity identity) {
    for (Address address : hosts) {
      if (address instanceof Address.Tls && identity == null) {
        throw new HeException(
            Reason.TLS, address + " needs a client certificate, its key, and an authority");
      }
    }
    EncryptedAdapters adapters = new EncryptedAdapters(key, base, layers, config, null);
    for (Address address : hosts) {
      adapters.link(
          address.toString(), () -> Sockets.connect(address, identity, config.connectMillis()));
    }
    adapters.begin();
    return adapters;
  }

  /**
   * Runs the adapter host in this process: the computation is the same, and nothing is promised.
   *
   * @param host closed with this
   */
  public static EncryptedAdapters embedded(
      RecipientKey key, BaseProjections base, int layers, LinkConfig config, LocalHost host) {
    EncryptedAdapters adapters = new EncryptedAdapters(key, base, layers, config, host);
    adapters.link("this process", host::connect);
    LOG.info(
        "adapters of mode he would run embedded: computed under encryption, but with both roles in"
            + " this process, which hides nothing from anybody; --adapter-host makes two parties");
    return adapters;
  }

  private void link(String name, HostLink.Connector connector) {
    links.add(new HostLink(name, connector, config, this::context, padMaker));
  }

  /** Starts the links, the first time. */
  private synchronized void begin() {
    if (begun) {
      return;
    }
    begun = true;
    links.forEach(HostLink::start);
    every(TICK_MILLIS, HostLink::watch);
    every(TICK_MILLIS, HostLink::tend);
    every(RETRY_REFUSED_MILLIS, HostLink::retryRefused);
  }

  private void every(long millis, Consumer<HostLink> action) {
    var unusedTask =
        ticker.scheduleWithFixedDelay(
            () -> links.forEach(action), millis, millis, TimeUnit.MILLISECONDS);
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

  HeListener listener() {
    return listener;
  }

  LinkConfig config() {
    return config;
  }

  /** Made when it is first needed: it takes a while. */
  synchronized PackingPlanner planner() {
    PackingPlanner known = planner;
    if (known == null) {
      known =
          new PackingPlanner(
              config.profile().parameters(), CostModel.measure(context(), MEASURE_MILLIS));
      planner = known;
    }
    return known;
  }

  private synchronized CkksContext context() {
    CkksContext known = context;
    if (known == null) {
      known = CkksContext.open(config.profile().parameters());
      context = known;
    }
    return known;
  }

  /** The number of adapter hosts with a session. */
  public int connected() {
    return (int) links.stream().filter(HostLink::isConnected).count();
  }

  /** Positions of pads that are ready, over all adapters and groups. */
  public int padsReady() {
    return links.stream().mapToInt(HostLink::padsReady).sum();
  }

  @Override
  public String profile() {
    return config.profile().label();
  }

  @Override
  public void requireServable(Manifest manifest) {
    Set<KeyId> hosts = PublicReader.hosts(manifest);
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
    long bytes = 0;
    Map<GroupId, Long> pads = new HashMap<>();
    for (AdapterModule module : manifest.adapter().modules()) {
      BaseProjections.Shape shape = base.byModule().get(module.name());
      if (shape != null && LoraTarget.parse(module.name()) != null) {
        long rank = Math.min(module.rank(), Math.min(shape.in(), shape.out()));
        bytes += rank * shape.out() * Float.BYTES;
        bytes += rank * manifest.probes().orElse(0) * Long.BYTES + shape.in();
        pads.merge(
            GroupLayout.group(module.name()),
            PadStock.BLOCKS * InputPads.bytes(shape.in(), (int) rank),
            (a, b) -> a + PadStock.BLOCKS * InputPads.bytes(0, (int) rank));
        bytes += embedded() ? rank * shape.in() * EMBEDDED_BYTES_PER_WEIGHT : 0;
      }
    }
    long padBytes = pads.values().stream().mapToLong(Long::longValue).sum();
    boolean padded = Pads.supports(config.profile().parameters()) && padBytes <= config.padBytes();
    return bytes + (padded ? padBytes : 0);
  }

  @Override
  public EncryptedAdapter load(VerifiedPackage verified) {
    EncryptedAdapter adapter = PublicReader.read(verified, key, base, layers);
    try {
      LocalHost host = embedded;
      if (host != null) {
        LocalHost.Served served = host.serve(verified);
        adapter.onClose(
            () -> {
              links.forEach(link -> link.remove(adapter));
              served.close();
            });
      } else {
        adapter.onClose(() -> links.forEach(link -> link.remove(adapter)));
      }
      begin();
      PackingPlanner unusedPlanner = planner();
      links.forEach(link -> link.add(adapter));
      links.forEach(link -> link.await(adapter, config.timeoutMillis()));
      return adapter;
    } catch (RuntimeException | Error e) {
      adapter.close();
      throw e;
    }
  }

  @Override
  public void requireReady(AdapterInfo info) {
    Set<KeyId> hosts = PublicReader.hosts(info.manifest());
    if (embedded()) {
      return; // its session begins with the first adapter
    }
    Optional<String> problem = Optional.of("there is no adapter host");
    for (HostLink link : links) {
      problem = link.problem(info.digest(), hosts);
      if (problem.isEmpty()) {
        return;
      }
    }
    throw new AdapterException(
        AdapterException.Reason.UNAVAILABLE,
        "adapter '" + info.name() + "' cannot be computed now: " + problem.get());
  }

  /** The adapter in a session that has it open, or null. */
  @Nullable Opened find(EncryptedAdapter adapter) {
    for (HostLink link : links) {
      OpenAdapter open = link.find(adapter);
      if (open != null) {
        return new Opened(link, open);
      }
    }
    return null;
  }

  /** An open adapter and the link it is open over. */
  record Opened(HostLink link, OpenAdapter adapter) {}

  /** Ends all sessions; the engine must have stopped. */
  @Override
  public void close() {
    ticker.shutdownNow();
    links.forEach(HostLink::close);
    padMaker.close();
    if (embedded != null) {
      embedded.close();
    }
  }
}
