package dev.tensafe.cli;

import dev.tensafe.he.client.LinkConfig;
import dev.tensafe.owner.packages.CacheOptions;
import dev.tensafe.owner.packages.PassphraseOptions;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The settings of {@code serve}: flags, environment variables and YAML keys by the same names. */
final class ServeOptions {
  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "model directory; the bundled demo if not given")
  @Nullable Path model;

  @Option(names = "--host", defaultValue = "127.0.0.1", description = "address to bind")
  String host = "";

  @Option(names = "--port", defaultValue = "8000", description = "port; 0 picks a free one")
  int port;

  @Option(names = "--config", paramLabel = "FILE", description = "YAML file of these settings")
  @Nullable Path config;

  @Option(
      names = "--check",
      description = "checks settings, files, keys and model, says what it found, and ends")
  boolean check;

  @Option(
      names = "--served-model-name",
      paramLabel = "NAME",
      description = "what clients call the model; the directory's name if not given")
  @Nullable String servedModelName;

  @Option(
      names = "--api-keys",
      paramLabel = "FILE",
      description = "key file (see 'apikey add'); without it only loopback is bound")
  @Nullable Path apiKeys;

  @Option(names = "--threads", description = "compute threads; the number of cores if not given")
  @Nullable Integer threads;

  @Option(
      names = "--pin-threads",
      description = "compute threads but one stay on cores of their own")
  boolean pinThreads;

  @Option(
      names = "--executor",
      defaultValue = "native",
      description = "what runs the model: native, or torch for comparison")
  String executor = "";

  @Option(names = "--dtype", defaultValue = "auto", description = "auto, f32 or bf16")
  String dtype = "";

  @Option(
      names = "--weights",
      defaultValue = "dtype",
      description = "how matrices are kept: dtype, int8, or int8-all with embedding and head")
  String weights = "";

  @Option(
      names = "--kv-cache-dtype",
      defaultValue = "auto",
      description = "keys and values: auto (as dtype), f32, bf16 or int8")
  String kvCacheDtype = "";

  @Option(
      names = "--numerics",
      defaultValue = "auto",
      description = "order in which products of bf16 are added up: auto, pairs or tiles")
  String numerics = "";

  @Option(
      names = "--draft-model",
      paramLabel = "DIR",
      description =
          "small model of the same tokenizer that guesses coming tokens; its cache has its part of"
              + " kv-cache-mib, block by block")
  @Nullable Path draftModel;

  @Option(
      names = "--max-model-len",
      description = "most tokens of prompt and output; what model and cache allow if not given")
  @Nullable Integer maxModelLen;

  @Option(names = "--kv-cache-mib", defaultValue = "1024", description = "key/value cache")
  int kvCacheMib;

  @Option(
      names = "--prefix-cache",
      defaultValue = "on",
      description = "on: prompts of one tenant that begin alike are computed once; or off")
  String prefixCache = "";

  @Option(
      names = "--public-prompt",
      paramLabel = "FILE",
      description =
          "text of a system message that everybody may know: what prompts with it have in common is"
              + " computed once for all tenants")
  @Nullable Path publicPrompt;

  @Option(
      names = "--tool-call-parser",
      paramLabel = "FORMAT",
      description = "how the model spells calls of tools; as its chat template does if not given")
  @Nullable String toolCallParser;

  @Option(
      names = "--max-running",
      defaultValue = "64",
      description = "requests that run at the same time")
  int maxRunning;

  @Option(
      names = "--tokens-per-step",
      defaultValue = "256",
      description = "tokens of all requests in one step of the engine")
  int tokensPerStep;

  @Option(
      names = "--prompt-tokens-per-step",
      defaultValue = "48",
      description = "tokens of prompts in a step in which other requests get their next tokens")
  int promptTokensPerStep;

  @Option(
      names = "--max-queued-tokens",
      defaultValue = "65536",
      description = "prompt tokens that may wait; more are answered with 429")
  int maxQueuedTokens;

  @Option(
      names = "--speculation",
      defaultValue = "auto",
      description =
          "guesses that the model checks several at a time: auto (where it pays), off or"
              + " prompt-lookup (what a request's own tokens went on with before)")
  String speculation = "";

  @Option(
      names = "--speculative-tokens",
      defaultValue = "12",
      description = "guesses of a request in one step at most")
  int speculativeTokens;

  @Option(names = "--max-body-kib", defaultValue = "2048", description = "largest request body")
  int maxBodyKib;

  @Option(
      names = "--adapters",
      paramLabel = "DIR",
      description = "where uploaded packages are kept; without it no adapter is accepted")
  @Nullable Path adapters;

  @Option(
      names = "--trust",
      paramLabel = "DIR",
      description = "pinned issuers (see 'trust add'); without it no adapter is accepted")
  @Nullable Path trust;

  @Option(
      names = "--recipient-key",
      paramLabel = "FILE",
      description = "opens packages; without it no adapter is accepted")
  @Nullable Path recipientKey;

  @Mixin PassphraseOptions passphrase = new PassphraseOptions();
  @Mixin CacheOptions cache = new CacheOptions();

  @Option(
      names = "--adapter-host",
      paramLabel = "URI",
      split = ",",
      description =
          "computes adapters of mode he: tls://HOST:PORT or unix:PATH; may be repeated. Without it"
              + " they run in this process, if the recipient key opens them")
  @Nullable List<String> adapterHosts;

  @Option(
      names = "--adapter-host-ca",
      paramLabel = "FILE",
      description = "certificates that adapter hosts' certificates lead to, PEM (tls://)")
  @Nullable Path adapterHostCa;

  @Option(
      names = "--client-cert",
      paramLabel = "FILE",
      description = "what this server proves itself with to adapter hosts, PEM (tls://)")
  @Nullable Path clientCert;

  @Option(
      names = "--client-key",
      paramLabel = "FILE",
      description = "its private key, PEM (PKCS#8)")
  @Nullable Path clientKey;

  @Option(
      names = "--adapter-host-timeout-millis",
      defaultValue = "2000",
      description = "time an adapter host may take for an answer; then its requests fail")
  int adapterHostTimeoutMillis;

  @Option(
      names = "--he-profile",
      defaultValue = "fast",
      description = "parameters of the encryption: fast or strict")
  String heProfile = "";

  @Option(
      names = "--pad-memory-mib",
      defaultValue = "" + LinkConfig.PAD_MIB,
      description =
          "memory for one adapter's pads, made ahead (profile fast); 0 for none: slower, less memory")
  int padMemoryMib;

  @Option(
      names = "--adapter-host-uid",
      paramLabel = "N",
      description =
          "user id that the process behind unix:PATH must have; this server's own if not given")
  @Nullable Integer adapterHostUid;

  @Option(
      names = "--allow-unverified-adapters",
      arity = "1",
      defaultValue = "false",
      paramLabel = "true|false",
      description =
          "whether adapters of mode he are served whose adapter host gives no tags: their answers"
              + " are checked by their size alone")
  boolean allowUnverifiedAdapters;

  @Option(
      names = "--encrypted-speculation",
      arity = "1",
      defaultValue = "true",
      paramLabel = "true|false",
      description =
          "whether guesses at coming tokens are evaluated with adapters of mode he whose owner allows"
              + " it: wrong ones are charged by the adapter host, too")
  boolean encryptedSpeculation = true;

  @Option(
      names = "--adapter-host-traces",
      defaultValue = "false",
      arity = "1",
      paramLabel = "true|false",
      description =
          "tells adapter hosts which requests' traces their evaluations belong to: they can then"
              + " tell which steps are of one trace")
  boolean adapterHostTraces;

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description =
          "keeps tags of adapters and the adapter hosts that are barred; STORE/he-state if not"
              + " given")
  @Nullable Path stateDir;

  @Option(
      names = "--adapter-memory-mib",
      defaultValue = "1024",
      description = "memory for adapters' weights")
  int adapterMemoryMib;

  @Option(
      names = "--max-adapter-mib",
      defaultValue = "1024",
      description = "largest package that may be uploaded")
  int maxAdapterMib;

  @Option(
      names = "--body-timeout-seconds",
      defaultValue = "30",
      description = "time a request body may take to arrive; a package, time without any of it")
  int bodyTimeoutSeconds;

  @Option(
      names = "--request-timeout-seconds",
      defaultValue = "600",
      description = "time one request may take; 0 for no limit")
  int requestTimeoutSeconds;

  @Option(
      names = "--drain-timeout-seconds",
      defaultValue = "60",
      description = "time running requests get after SIGTERM")
  int drainTimeoutSeconds;

  @Option(names = "--no-console", description = "no web page at /")
  boolean noConsole;

  @Option(
      names = "--cors-origins",
      split = ",",
      paramLabel = "ORIGIN",
      description = "origins browsers may call from; none if not given")
  @Nullable List<String> corsOrigins;

  @Option(names = "--tls-cert", paramLabel = "FILE", description = "certificate chain, PEM")
  @Nullable Path tlsCert;

  @Option(names = "--tls-key", paramLabel = "FILE", description = "private key, PEM (PKCS#8)")
  @Nullable Path tlsKey;

  @Option(
      names = "--log-levels",
      paramLabel = "FILE",
      description = "lines NAME=LEVEL for packages and classes; read again on SIGHUP")
  @Nullable Path logLevels;

  @Option(
      names = "--log-key",
      paramLabel = "FILE",
      description =
          "its bytes key the hashes of tenants in log lines; a random key if it is not given")
  @Nullable Path logKey;

  @Option(names = "--log-format", defaultValue = "text", description = "text or json")
  String logFormat = "";

  /** Whether any setting of adapters or of adapter hosts was given. */
  boolean namesAdapterSettings() {
    List<String> hosts = adapterHosts;
    return adapters != null
        || trust != null
        || recipientKey != null
        || (hosts != null && !hosts.isEmpty());
  }
}
