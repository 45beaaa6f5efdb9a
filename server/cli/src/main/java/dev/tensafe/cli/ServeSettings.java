package dev.tensafe.cli;

import dev.tensafe.cli.demo.DemoAdapters;
import dev.tensafe.cli.demo.DemoFiles;
import dev.tensafe.he.Profile;
import dev.tensafe.he.client.LinkConfig;
import dev.tensafe.he.transport.Address;
import dev.tensafe.he.transport.TlsSide;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.owner.host.TlsFiles;
import dev.tensafe.runtime.ConfigException;
import dev.tensafe.runtime.settings.Setting;
import dev.tensafe.server.assembly.AdapterSettings;
import dev.tensafe.server.assembly.AdapterSource;
import dev.tensafe.server.assembly.CacheSizing;
import dev.tensafe.server.assembly.EncryptedSettings;
import dev.tensafe.server.assembly.PrefixSettings;
import dev.tensafe.server.assembly.ServerSettings;
import dev.tensafe.server.assembly.SpeculationSettings;
import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.server.tools.ToolFormat;
import dev.tensafe.server.tools.ToolFormats;
import dev.tensafe.tssp.verify.DigestCache;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the server's typed settings of the flags of {@code serve}; errors name the key. */
final class ServeSettings {
  private static final Logger LOG = LoggerFactory.getLogger(ServeSettings.class);

  private final ServeOptions options;
  private final InstantSource clock;

  private ServeSettings(ServeOptions options, InstantSource clock) {
    this.options = options;
    this.clock = clock;
  }

  /**
   * Checks and converts.
   *
   * @throws dev.tensafe.formats.CodedException {@code config.*}, {@code he.address}, {@code he.tls}
   */
  static ServerSettings of(ServeOptions options, InstantSource clock) {
    return new ServeSettings(options, clock).settings();
  }

  private ServerSettings settings() {
    Path given = options.model;
    Optional<DemoFiles> demo = given == null ? Optional.of(DemoFiles.bundled()) : Optional.empty();
    Path model = given == null ? demo.orElseThrow().model() : given;
    return new ServerSettings(
        model,
        http(model, demo.isPresent()),
        options.executor,
        new ExecutorOptions(
            format(), weights(), cacheFormat(), numerics(), threads(), options.pinThreads),
        cache(),
        prefixes(),
        new SpeculationSettings(speculation(), options.speculativeTokens),
        adapters(demo),
        Optional.ofNullable(options.draftModel),
        toolFormat());
  }

  private Optional<ToolFormat> toolFormat() {
    String flag = options.toolCallParser;
    if (flag == null) {
      return Optional.empty();
    }
    Optional<ToolFormat> format = ToolFormats.named(flag);
    if (format.isEmpty()) {
      throw new ConfigException(
          "config.tool-call-parser",
          "tool-call-parser is '"
              + flag
              + "'; it must be one of "
              + String.join(", ", ToolFormats.flags()));
    }
    return format;
  }

  private ServerConfig http(Path model, boolean demo) {
    Setting.range("max-body-kib", options.maxBodyKib, 1, 1 << 20);
    String given = options.servedModelName;
    Path last = model.toAbsolutePath().normalize().getFileName();
    String standard = demo ? DemoFiles.MODEL_NAME : last == null ? "model" : last.toString();
    List<String> origins = options.corsOrigins;
    return new ServerConfig(
        options.host,
        options.port,
        given != null ? given : standard,
        options.apiKeys,
        options.maxBodyKib * 1024,
        (long) options.maxAdapterMib << 20,
        options.bodyTimeoutSeconds,
        options.requestTimeoutSeconds,
        options.drainTimeoutSeconds,
        !options.noConsole,
        origins == null ? List.of() : origins,
        options.tlsCert,
        options.tlsKey);
  }

  private ExecutorOptions.Format format() {
    return switch (options.dtype) {
      case "f32" -> ExecutorOptions.Format.F32;
      case "bf16" -> ExecutorOptions.Format.BF16;
      case "auto" -> ExecutorOptions.Format.AUTO;
      default ->
          throw new ConfigException(
              "config.dtype", "dtype is '" + options.dtype + "'; it must be auto, f32 or bf16");
    };
  }

  private ExecutorOptions.Weights weights() {
    return switch (options.weights) {
      case "dtype" -> ExecutorOptions.Weights.FORMAT;
      case "int8" -> ExecutorOptions.Weights.INT8;
      case "int8-all" -> ExecutorOptions.Weights.INT8_ALL;
      default ->
          throw new ConfigException(
              "config.weights",
              "weights is '" + options.weights + "'; it must be dtype, int8 or int8-all");
    };
  }

  private ExecutorOptions.Cache cacheFormat() {
    return switch (options.kvCacheDtype) {
      case "auto" -> ExecutorOptions.Cache.AUTO;
      case "f32" -> ExecutorOptions.Cache.F32;
      case "bf16" -> ExecutorOptions.Cache.BF16;
      case "int8" -> ExecutorOptions.Cache.INT8;
      default ->
          throw new ConfigException(
              "config.kv-cache-dtype",
              "kv-cache-dtype is '"
                  + options.kvCacheDtype
                  + "'; it must be auto, f32, bf16 or int8");
    };
  }

  private ExecutorOptions.Numerics numerics() {
    return switch (options.numerics) {
      case "auto" -> ExecutorOptions.Numerics.AUTO;
      case "pairs" -> ExecutorOptions.Numerics.PAIRS;
      case "tiles" -> ExecutorOptions.Numerics.TILES;
      default ->
          throw new ConfigException(
              "config.numerics",
              "numerics is '" + options.numerics + "'; it must be auto, pairs or tiles");
    };
  }

  private int threads() {
    Integer given = options.threads;
    int threads = given == null ? Runtime.getRuntime().availableProcessors() : given;
    Setting.range("threads", threads, 1, 1024);
    return threads;
  }

  private CacheSizing cache() {
    Integer length = options.maxModelLen;
    return new CacheSizing(
        options.kvCacheMib,
        length == null ? OptionalInt.empty() : OptionalInt.of(length),
        options.maxRunning,
        options.tokensPerStep,
        options.promptTokensPerStep,
        options.maxQueuedTokens);
  }

  private SpeculationSettings.Method speculation() {
    return switch (options.speculation) {
      case "auto" -> SpeculationSettings.Method.AUTO;
      case "off" -> SpeculationSettings.Method.OFF;
      case "prompt-lookup" -> SpeculationSettings.Method.PROMPT_LOOKUP;
      default ->
          throw new ConfigException(
              "config.speculation",
              "speculation is '"
                  + options.speculation
                  + "'; it must be auto, off or prompt-lookup");
    };
  }

  private PrefixSettings prefixes() {
    Optional<Path> common = Optional.ofNullable(options.publicPrompt);
    return switch (options.prefixCache) {
      case "on" -> new PrefixSettings(true, common);
      case "off" -> {
        if (common.isPresent()) {
          throw new ConfigException(
              "config.public-prompt", "public-prompt is of no use while prefix-cache is off");
        }
        yield PrefixSettings.OFF;
      }
      default ->
          throw new ConfigException(
              "config.prefix-cache",
              "prefix-cache is '" + options.prefixCache + "'; it must be on or off");
    };
  }

  /** The demo's adapters belong to its model as long as no setting of adapters is given. */
  private Optional<AdapterSettings> adapters(Optional<DemoFiles> demo) {
    Setting.range("adapter-memory-mib", options.adapterMemoryMib, 1, 1 << 22);
    long memory = (long) options.adapterMemoryMib << 20;
    DigestCache digests = options.cache.digests(clock);
    EncryptedSettings encrypted = encrypted();
    if (demo.isPresent() && !options.namesAdapterSettings()) {
      DemoFiles files = demo.get();
      return Optional.of(
          new AdapterSettings(
              () -> DemoAdapters.create(files, digests, clock), digests, memory, encrypted));
    }
    Path store = options.adapters;
    Path trust = options.trust;
    Path key = options.recipientKey;
    if (store == null || trust == null || key == null) {
      List<String> missing = new ArrayList<>();
      missing.add(store == null ? "--adapters" : "");
      missing.add(trust == null ? "--trust" : "");
      missing.add(key == null ? "--recipient-key" : "");
      missing.removeIf(String::isEmpty);
      LOG.info("no adapter is accepted: {} not given", String.join(", ", missing));
      return Optional.empty();
    }
    return Optional.of(
        new AdapterSettings(
            () -> new AdapterSource.Operated(store, trust, options.passphrase.recipientKey(key)),
            digests,
            memory,
            encrypted));
  }

  private EncryptedSettings encrypted() {
    Setting.range("adapter-host-timeout-millis", options.adapterHostTimeoutMillis, 10, 600_000);
    Setting.range("pad-memory-mib", options.padMemoryMib, 0, 1 << 20);
    Integer uid = options.adapterHostUid;
    if (uid != null) {
      Setting.range("adapter-host-uid", uid, 0, Integer.MAX_VALUE);
    }
    LinkConfig standard = LinkConfig.standard(profile());
    LinkConfig link =
        new LinkConfig(
            standard.profile(),
            options.adapterHostTimeoutMillis,
            standard.connectMillis(),
            standard.retryMillis(),
            standard.maxRetryMillis(),
            standard.pingMillis(),
            (long) options.padMemoryMib << 20,
            options.allowUnverifiedAdapters,
            uid == null ? OptionalInt.empty() : OptionalInt.of(uid),
            options.encryptedSpeculation,
            options.adapterHostTraces);
    List<String> hosts = options.adapterHosts;
    if (hosts == null || hosts.isEmpty()) {
      return new EncryptedSettings(link, List.of(), null, null);
    }
    return new EncryptedSettings(
        link,
        hosts.stream().map(Address::parse).toList(),
        TlsFiles.identity(
            TlsSide.MODEL_HOST, options.clientCert, options.clientKey, options.adapterHostCa),
        stateDirectory());
  }

  private @Nullable Path stateDirectory() {
    Path given = options.stateDir;
    Path store = options.adapters;
    return given != null || store == null ? given : store.resolve("he-state");
  }

  private Profile profile() {
    return switch (options.heProfile) {
      case "fast" -> Profile.FAST;
      case "strict" -> Profile.STRICT;
      default ->
          throw new ConfigException(
              "config.he-profile",
              "he-profile is '" + options.heProfile + "'; it must be fast or strict");
    };
  }
}
