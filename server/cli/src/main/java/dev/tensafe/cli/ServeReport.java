package dev.tensafe.cli;

import dev.tensafe.batching.cache.PrefixSharing;
import dev.tensafe.formats.CodedException;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.server.assembly.InstalledExecutors;
import dev.tensafe.server.assembly.ServerSettings;
import dev.tensafe.tssp.keys.RecipientKey;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * {@code serve --check}: settings, files, keys and model, as far as they can be known without
 * reading a weight or listening; a line for each, and all that is wrong at once. For one thread.
 */
final class ServeReport {
  private final ServeOptions options;
  private final Clock clock;
  private final PrintWriter out;
  private final PrintWriter err;
  private boolean good = true;

  private ServeReport(ServeOptions options, Clock clock, PrintWriter out, PrintWriter err) {
    this.options = options;
    this.clock = clock;
    this.out = out;
    this.err = err;
  }

  /**
   * Checks and prints what is good to {@code out}, what is not to {@code err}.
   *
   * @return whether all is good
   */
  static boolean write(ServeOptions options, Clock clock, PrintWriter out, PrintWriter err) {
    return new ServeReport(options, clock, out, err).run();
  }

  /** Without settings that mean something, nothing else can be looked at. */
  private boolean run() {
    Optional<ServerSettings> settings =
        step("settings", () -> ServeSettings.of(options, clock), read -> "");
    settings.ifPresent(this::parts);
    return good;
  }

  private void parts(ServerSettings settings) {
    step("executor", () -> InstalledExecutors.all().named(settings.executor()), found -> "");
    step(
        "port, certificates, keys, directories",
        () -> {
          ServeChecks.run(options);
          return options.host + ":" + options.port;
        },
        address -> "; " + address + " is free");
    Path key = options.recipientKey;
    if (key != null) {
      step(
          "recipient key",
          () -> {
            try (RecipientKey opened = options.passphrase.recipientKey(key)) {
              return opened.publicKey().id();
            }
          },
          id -> "; id " + id.hex());
    }
    step("model", () -> model(settings), said -> "; " + said);
  }

  private String model(ServerSettings settings) {
    try (ModelFiles files = ModelFiles.open(settings.model(), clock)) {
      ModelConfig config = files.config();
      // of the cache, whose blocks only an executor can size, what the model alone decides
      var unusedFitting =
          settings.cache().fit(1, config.maxPositions(), config.vocabSize(), PrefixSharing.OFF);
      return settings.model()
          + ", "
          + config.layers()
          + " layers, "
          + config.vocabSize()
          + " tokens, "
          + config.maxPositions()
          + " positions, "
          + (files.chatTemplate() == null ? "no chat template" : "a chat template");
    }
  }

  private <T> Optional<T> step(String what, Supplier<T> check, Function<T, String> more) {
    try {
      T found = check.get();
      out.println(what + ": good" + more.apply(found));
      return Optional.of(found);
    } catch (CodedException e) {
      good = false;
      err.println(e.code() + ": " + e.description());
      return Optional.empty();
    }
  }
}
