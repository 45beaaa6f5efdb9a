package dev.tensafe.owner.host;

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
import dev.tensafe.he.transport.TlsSide;
import dev.tensafe.owner.packages.PassphraseOptions;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.runtime.Signals;
import dev.tensafe.runtime.Version;
import dev.tensafe.runtime.check.StartChecks;
import dev.tensafe.runtime.log.LogLevels;
import dev.tensafe.runtime.log.LogSetup;
import dev.tensafe.runtime.settings.FromEnvironment;
import dev.tensafe.runtime.settings.Setting;
import dev.tensafe.tracing.Tracing;
import dev.tensafe.tracing.otel.OtelSetup;
import dev.tensafe.tssp.keys.RecipientKey;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tensafe adapter-host}: holds sealed weights and evaluates ciphertexts with them. */
@Command(
    name = "adapter-host",
    description =
        "Serves the sealed parts of packages of mode he to model hosts, over ciphertexts alone.",
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false)
@FromEnvironment(prefix = "TENSAFE_ADAPTER_HOST__")
public final class AdapterHostCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(AdapterHostCommand.class);
  private static final long REFRESH_MILLIS = 500;
  private static final long HANDSHAKE_MILLIS = 10_000;
  private static final long IDLE_MILLIS = 60_000;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--listen",
      defaultValue = "tls://0.0.0.0:8443",
      paramLabel = "URI",
      description = "tls://HOST:PORT (port 0 picks a free one) or unix:PATH")
  private String listen = "";

  @Option(
      names = "--adapters",
      required = true,
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      paramLabel = "DIR",
      description =
          "holds the packages (*.tssp); those that come are served, those that go are not")
  private Path adapters = Path.of("");

  @Option(
      names = "--trust",
      required = true,
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      paramLabel = "DIR",
      description = "pinned issuers (see 'trust add')")
  private Path trust = Path.of("");

  @Option(
      names = "--recipient-key",
      required = true,
      showDefaultValue = CommandLine.Help.Visibility.NEVER,
      paramLabel = "FILE",
      description = "opens sealed parts")
  private Path recipientKey = Path.of("");

  @Mixin private PassphraseOptions passphrase = new PassphraseOptions();

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "certificate chain, PEM (tls://)")
  private @Nullable Path tlsCert;

  @Option(names = "--tls-key", paramLabel = "FILE", description = "its private key, PEM (PKCS#8)")
  private @Nullable Path tlsKey;

  @Option(
      names = "--client-ca",
      paramLabel = "FILE",
      description = "certificates that model hosts' certificates lead to, PEM (tls://)")
  private @Nullable Path clientCa;

  @Option(
      names = "--metrics-port",
      paramLabel = "N",
      description = "serves /health and /metrics there; not at all if not given")
  private @Nullable Integer metricsPort;

  @Option(
      names = "--metrics-host",
      defaultValue = "127.0.0.1",
      description = "address to bind for --metrics-port")
  private String metricsHost = "";

  @Option(
      names = "--client-tokens-per-day",
      paramLabel = "N",
      description = "what one client may use of one adapter in a day (UTC); no limit if not given")
  private @Nullable Long clientTokensPerDay;

  @Option(
      names = "--client-account",
      split = ";",
      paramLabel = "NAME=CLIENT",
      description =
          "meters a client under a name: cert:SHA256, subject:DN|issuer:DN or user:NAME; may be"
              + " repeated. Others are metered by their certificate's subject and issuer, or user")
  private @Nullable List<String> clientAccounts;

  @Option(
      names = "--refuse-tags",
      description =
          "lets nobody set up tags, by which model hosts check every answer: few will use the"
              + " adapters then")
  private boolean refuseTags;

  @Option(
      names = "--max-sessions",
      defaultValue = "64",
      description = "model hosts connected at a time")
  private int maxSessions;

  @Option(
      names = "--drain-timeout-seconds",
      defaultValue = "60",
      description = "time sessions get after SIGTERM")
  private int drainTimeoutSeconds;

  @Option(
      names = "--log-levels",
      paramLabel = "FILE",
      description = "lines NAME=LEVEL for packages and classes; read again on SIGHUP")
  private @Nullable Path logLevels;

  @Option(names = "--log-format", defaultValue = "text", description = "text or json")
  private String logFormat = "";

  @Override
  public Integer call() {
    LogSetup.apply(logFormat.equals("json"), Level.INFO);
    Path levels = logLevels;
    if (levels != null) {
      LogLevels read = LogLevels.of(levels, Level.INFO);
      Signals.onHangup(read::reload);
    }
    Setting.range("max-sessions", maxSessions, 1, 100_000);
    Address address = Address.parse(listen);
    InstantSource clock = InstantSource.system();
    Long limit = clientTokensPerDay;
    HostLimits limits = HostLimits.standard().withSessions(maxSessions);
    ClientAccounts accounts = accounts();
    TlsIdentity identity = TlsFiles.identity(TlsSide.ADAPTER_HOST, tlsCert, tlsKey, clientCa);
    check(address);
    // bound first: what is wrong with the address is known before packages are opened
    try (Tracing tracing =
            OtelSetup.of(System.getenv(), "tensafe-adapter-host", Version.current(), clock);
        Listener listener = Listener.open(address, identity);
        RecipientKey key = passphrase.recipientKey(recipientKey)) {
      Path state = AdapterDirectory.state(adapters);
      try (TokenMeter meter =
              TokenMeter.open(
                  state.resolve("usage.json"),
                  clock,
                  limit == null ? OptionalLong.empty() : OptionalLong.of(limit));
          AdapterHost host =
              new AdapterHost(
                  key,
                  meter,
                  new ClientPolicy(
                      accounts,
                      BarredAccounts.open(state.resolve("barred-accounts.jsonl"), clock),
                      !refuseTags),
                  limits)) {
        host.traceWith(HostSpans.of(tracing));
        AdapterDirectory directory = AdapterDirectory.open(adapters, trust, host, clock);
        try (HostServer server = HostServer.start(host, listener, HANDSHAKE_MILLIS, IDLE_MILLIS)) {
          serve(host, directory, server);
        }
      }
    }
    return 0;
  }

  /** What can be known before packages are opened. */
  private void check(Address address) {
    if (address instanceof Address.Unix unix) {
      StartChecks.socket("listen", unix.path());
    } else if (address instanceof Address.Tls tls) {
      StartChecks.port("listen", tls.host(), tls.port());
    }
    Integer port = metricsPort;
    if (port != null) {
      StartChecks.port("metrics-port", metricsHost, port);
    }
    StartChecks.writableDirectory("adapters", adapters);
    StartChecks.directory("trust", trust);
    StartChecks.file("recipient-key", recipientKey);
  }

  private ClientAccounts accounts() {
    List<String> named = clientAccounts;
    try {
      return named == null ? ClientAccounts.unnamed() : ClientAccounts.of(named);
    } catch (IllegalArgumentException e) {
      throw new ConfigException("config.client-account", String.valueOf(e.getMessage()), e);
    }
  }

  private void serve(AdapterHost host, AdapterDirectory directory, HostServer server) {
    Signals signals = new Signals();
    ScheduledExecutorService refresher =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "he-refresh");
              thread.setDaemon(true);
              return thread;
            });
    Integer port = metricsPort;
    try (AdapterHostHttp http =
        port == null ? null : AdapterHostHttp.start(host, metricsHost, port)) {
      var unusedTask =
          refresher.scheduleWithFixedDelay(
              directory::refresh, REFRESH_MILLIS, REFRESH_MILLIS, TimeUnit.MILLISECONDS);
      if (http != null) {
        LOG.info("/health and /metrics on {}:{}", metricsHost, http.port());
      }
      spec.commandLine().getOut().println("listening on " + server.address());
      spec.commandLine().getOut().flush();
      signals.await();
      LOG.info("stopping: sessions come to their end");
      server.drain();
      if (!host.awaitEnd(TimeUnit.SECONDS.toMillis(drainTimeoutSeconds))) {
        LOG.warn("{} sessions are cut off", host.openSessions());
      }
    } finally {
      refresher.shutdownNow();
    }
  }
}
