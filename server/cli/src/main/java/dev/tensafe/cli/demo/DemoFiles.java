package dev.tensafe.cli.demo;

import dev.tensafe.runtime.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The demo that comes with the project: a small chat model and two adapters for it. */
public record DemoFiles(Path root) {
  /** The model's name for clients. */
  public static final String MODEL_NAME = "demo";

  /** Computed by the server itself. */
  static final String PLAIN = "pirate";

  /** Computed under encryption, by the adapter host in the server's own process. */
  static final String ENCRYPTED = "ferry";

  /** The property in which the launcher passes the project's directory. */
  private static final String HOME = "tensafe.home";

  /**
   * The demo's files, there or not.
   *
   * @throws ConfigException {@code config.home} when the launcher did not say where the project is
   */
  public static DemoFiles ofProject() {
    String home = System.getProperty(HOME);
    if (home == null) {
      throw new ConfigException(
          "config.home", "the demo is found by the launcher, ./tensafe, only");
    }
    return new DemoFiles(Path.of(home).resolve("demo").resolve("bundle"));
  }

  /**
   * @throws ConfigException {@code config.model} when a file is missing
   */
  public static DemoFiles bundled() {
    DemoFiles files;
    try {
      files = ofProject();
    } catch (ConfigException e) {
      throw new ConfigException("config.model", "model is not set: give --model DIR", e);
    }
    for (Path needed :
        List.of(
            files.model().resolve("model.safetensors"),
            files.adapter(PLAIN),
            files.adapter(ENCRYPTED))) {
      if (!Files.exists(needed)) {
        throw new ConfigException(
            "config.model",
            "model is not set, and the demo is not there: give --model DIR, or make it with"
                + " ./tensafe demo build");
      }
    }
    return files;
  }

  /**
   * One line that tells somebody new what to ask the demo, and how.
   *
   * @param adapters whether its adapters are served too
   */
  public static String whatToAsk(String url, String model, boolean adapters) {
    String request =
        "{\"model\": \"%s\", \"messages\": [{\"role\": \"user\", \"content\": \"What is TenSafe?\"}]}";
    String line =
        "ask it about TenSafe: curl %s/v1/chat/completions -H 'Content-Type: application/json' -d '%s'";
    String others =
        " (or the same of \"%s\", or of \"%s\": When does the last boat leave?)"
            .formatted(PLAIN, ENCRYPTED);
    return line.formatted(url, request.formatted(model)) + (adapters ? others : "");
  }

  public Path model() {
    return root.resolve("model");
  }

  public Path adapter(String name) {
    return root.resolve("adapters").resolve(name);
  }
}
