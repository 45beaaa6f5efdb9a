package dev.tensafe.cli.chat;

import dev.tensafe.cli.training.Terminal;
import dev.tensafe.formats.FormatException;
import dev.tensafe.formats.file.SecretFile;
import dev.tensafe.formats.pem.PemFile;
import dev.tensafe.runtime.ConfigException;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.Callable;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tensafe chat}. */
@Command(
    name = "chat",
    description = {
      "Talks to a server in the terminal; every line is a message, /new begins anew.",
      "Ctrl-C ends an answer, Ctrl-D the conversation. Lines may also come from a pipe."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class ChatCommand implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(ChatCommand.class);

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--url",
      defaultValue = "http://127.0.0.1:8000",
      showDefaultValue = Visibility.ALWAYS,
      description = "where the server is")
  private String url = "";

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "model or adapter; the server's base model if not given")
  private @Nullable String model;

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description = "holds the API key, if the server wants one")
  private @Nullable Path apiKeyFile;

  @Option(
      names = "--ca",
      paramLabel = "FILE",
      description = "certificates that the server's leads to, PEM; those of Java if not given")
  private @Nullable Path ca;

  @Option(names = "--system", paramLabel = "TEXT", description = "what the model is told first")
  private @Nullable String system;

  @Option(names = "--temperature", paramLabel = "N", description = "the server's if not given")
  private @Nullable Double temperature;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "most tokens of an answer; what the model has room for if not given")
  private @Nullable Integer maxTokens;

  @Override
  public Integer call() {
    ChatClient client = new ChatClient(http(), address(), apiKey());
    List<String> known = client.models();
    String given = model;
    if (given != null && !known.contains(given) && known.stream().noneMatch(base(given)::equals)) {
      throw ChatClient.unknownModel(given, known);
    }
    String named = given == null ? known.get(0) : given;
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    boolean terminal = Terminal.attached();
    if (terminal) {
      err.println("talking to " + named + "; Ctrl-C ends an answer, Ctrl-D the conversation");
    }
    Conversation talk = new Conversation(client, named, system, temperature, maxTokens);
    return new ChatLoop(talk, client, terminal, out, err).run(System.in);
  }

  /** The adapter of {@code base:adapter}. */
  private static String base(String name) {
    return name.substring(name.indexOf(':') + 1);
  }

  private URI address() {
    URI address;
    try {
      address = URI.create(url);
    } catch (IllegalArgumentException e) {
      throw wrongAddress();
    }
    String scheme = String.valueOf(address.getScheme());
    if (!scheme.matches("https?") || address.getHost() == null) {
      throw wrongAddress();
    }
    return address;
  }

  private ConfigException wrongAddress() {
    return new ConfigException(
        "config.url", "url is '" + url + "'; it must be of the form http://HOST:PORT or https://…");
  }

  private @Nullable String apiKey() {
    Path file = apiKeyFile;
    if (file == null) {
      return null;
    }
    SecretFile.exposure(file).ifPresent(open -> LOG.warn("the API key's file {}", open));
    try {
      String key = Files.readString(file).strip();
      if (!key.matches("[\\x21-\\x7e]+")) {
        throw new ConfigException(
            "config.api-key-file", file + " must hold one API key and nothing else");
      }
      return key;
    } catch (IOException e) {
      throw new ConfigException("config.api-key-file", "cannot read " + file, e);
    }
  }

  private HttpClient.Builder http() {
    HttpClient.Builder http = HttpClient.newBuilder();
    Path authorities = ca;
    if (authorities == null) {
      return http;
    }
    try {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      for (X509Certificate certificate : PemFile.certificates(authorities)) {
        trusted.setCertificateEntry("ca" + trusted.size(), certificate);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return http.sslContext(context);
    } catch (FormatException e) {
      throw new ConfigException("config.ca", "ca: " + e.description(), e);
    } catch (IOException | GeneralSecurityException e) {
      throw new ConfigException("config.ca", "ca: " + authorities + " cannot be used", e);
    }
  }
}
