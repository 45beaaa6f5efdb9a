package dev.tensafe.server.assembly;

import static java.util.Objects.requireNonNull;

import dev.tensafe.batching.draft.DraftController;
import dev.tensafe.batching.draft.Drafter;
import dev.tensafe.batching.draft.ModelDrafter;
import dev.tensafe.batching.draft.PromptLookup;
import dev.tensafe.batching.engine.Speculation;
import dev.tensafe.model.exec.ExecutorFactory;
import dev.tensafe.runtime.settings.Setting;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether and how the server guesses ahead.
 *
 * @param tokens most guesses of one request in a step
 */
public record SpeculationSettings(Method method, int tokens) {
  private static final Logger LOG = LoggerFactory.getLogger(SpeculationSettings.class);

  /** Never. */
  public static final SpeculationSettings OFF = new SpeculationSettings(Method.OFF, 1);

  /** What guesses. */
  public enum Method {
    /** A draft model if there is one, else a request's own tokens; where outputs stay the same. */
    AUTO,
    OFF,
    /** A request's own tokens. */
    PROMPT_LOOKUP
  }

  /**
   * Checks the range.
   *
   * @throws dev.tensafe.runtime.ConfigException {@code config.speculative-tokens}
   */
  public SpeculationSettings {
    requireNonNull(method, "method is null");
    Setting.range("speculative-tokens", tokens, 1, 64);
  }

  /** Whether a draft model is of use, where there is one. */
  boolean drafts(ExecutorFactory executor) {
    return method == Method.AUTO && executor.exact();
  }

  /**
   * Opens it; the engine closes it.
   *
   * @param model guesses in the place of what a request's own tokens say
   */
  Optional<Speculation> open(ExecutorFactory executor, Optional<ModelDrafter> model) {
    if (method == Method.OFF) {
      return Optional.empty();
    }
    if (method == Method.AUTO && !executor.exact()) {
      LOG.info("no speculation: rows of the executor {} depend on those beside", executor.name());
      return Optional.empty();
    }
    Drafter drafter = model.isPresent() ? model.get() : new PromptLookup();
    return Optional.of(new Speculation(drafter, new DraftController(tokens, drafter::assumed)));
  }
}
