package dev.tensafe.batching.engine;

import static java.util.Objects.requireNonNull;

import dev.tensafe.batching.cache.CacheScope;
import dev.tensafe.batching.draft.Drafting;
import dev.tensafe.batching.sample.Constraint;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.model.exec.SequenceInput;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One output to generate, whose text goes on where the prompt's ends. Made by a {@link Builder};
 * what is not set is as if nobody had asked.
 *
 * @param promptTokens at least one id
 * @param stopStrings texts that end the output and are not part of it
 * @param priority lower runs earlier
 * @param scorePrompt whether log-probabilities of the prompt's tokens are reported too
 * @param adapter whose deltas are added; {@link SequenceInput#BASE} for none
 * @param flow who is charged for the work: requests of one flow share their turns
 * @param scope with whom computed keys and values may be shared
 * @param drafting which guesses may be run for it
 * @param constraint the form that the output must have
 * @param shownTokens special tokens that are part of the text
 * @param requestId names the request in traces and to hooks; never a secret; empty for none
 * @param timeoutNanos time from submission after which the request fails; 0 for none
 */
public record GenerationRequest(
    int[] promptTokens,
    SamplingParams params,
    List<String> stopStrings,
    int priority,
    boolean scorePrompt,
    long adapter,
    String flow,
    CacheScope scope,
    Drafting drafting,
    Optional<Constraint> constraint,
    Set<Integer> shownTokens,
    String requestId,
    long timeoutNanos) {
  public GenerationRequest {
    requireNonNull(params, "params is null");
    stopStrings = List.copyOf(stopStrings);
    requireNonNull(flow, "flow is null");
    requireNonNull(scope, "scope is null");
    requireNonNull(drafting, "drafting is null");
    requireNonNull(constraint, "constraint is null");
    shownTokens = Set.copyOf(shownTokens);
    requireNonNull(requestId, "requestId is null");
    if (constraint.isPresent() && params.ignoreEos()) {
      throw new IllegalArgumentException("an output of a given form ends where that ends");
    }
    if (promptTokens.length == 0) {
      throw new IllegalArgumentException("a prompt has at least one token");
    }
    if (timeoutNanos < 0) {
      throw new IllegalArgumentException("a timeout of " + timeoutNanos + " ns; 0 is for none");
    }
  }

  /**
   * Begins a request.
   *
   * @param promptTokens at least one id
   */
  public static Builder of(int[] promptTokens, SamplingParams params) {
    return new Builder(promptTokens, params);
  }

  /** Sizes only: the prompt is secret. */
  @Override
  public String toString() {
    return "GenerationRequest[" + promptTokens.length + " prompt tokens]";
  }

  /** Collects what a request asks for beyond prompt and sampling. Confined to one thread. */
  public static final class Builder {
    private final int[] promptTokens;
    private final SamplingParams params;
    private List<String> stopStrings = List.of();
    private int priority;
    private boolean scorePrompt;
    private long adapter = SequenceInput.BASE;
    private String flow = "";
    private CacheScope scope = CacheScope.BASE;
    private Drafting drafting = Drafting.FREE;
    private Optional<Constraint> constraint = Optional.empty();
    private Set<Integer> shownTokens = Set.of();
    private String requestId = "";
    private long timeoutNanos;

    private Builder(int[] promptTokens, SamplingParams params) {
      this.promptTokens = promptTokens;
      this.params = params;
    }

    /** Texts that end the output and are not part of it. */
    public Builder stopStrings(List<String> texts) {
      stopStrings = texts;
      return this;
    }

    /** Lower runs earlier; 0 by default. */
    public Builder priority(int level) {
      priority = level;
      return this;
    }

    /** Whether log-probabilities of the prompt's tokens are reported too. */
    public Builder scorePrompt(boolean wanted) {
      scorePrompt = wanted;
      return this;
    }

    /** Whose deltas are added, as hooks know it, and with whom its keys and values are shared. */
    public Builder adapter(long handle, CacheScope sharedIn) {
      adapter = handle;
      scope = sharedIn;
      return this;
    }

    /** Which guesses may be run for it; as many as are found by default. */
    public Builder drafting(Drafting allowed) {
      drafting = allowed;
      return this;
    }

    /** The form that the output must have; any by default. */
    public Builder constraint(Constraint form) {
      constraint = Optional.of(form);
      return this;
    }

    /** Special tokens that are part of the text, as others are not; none by default. */
    public Builder shownTokens(Set<Integer> ids) {
      shownTokens = ids;
      return this;
    }

    /** Who is charged for the work. */
    public Builder flow(String name) {
      flow = name;
      return this;
    }

    /** Names the request in traces and to hooks; never a secret. */
    public Builder requestId(String id) {
      requestId = id;
      return this;
    }

    /** Time from submission after which the request fails; 0 for none. */
    public Builder timeoutNanos(long nanos) {
      timeoutNanos = nanos;
      return this;
    }

    /**
     * The request.
     *
     * @throws IllegalArgumentException when the prompt is empty, the timeout negative, or end
     *     tokens are to be ignored in an output of a given form
     */
    public GenerationRequest build() {
      return new GenerationRequest(
          promptTokens,
          params,
          stopStrings,
          priority,
          scorePrompt,
          adapter,
          flow,
          scope,
          drafting,
          constraint,
          shownTokens,
          requestId,
          timeoutNanos);
    }
  }
}
