package dev.tensafe.batching.engine;

import dev.tensafe.batching.EngineException;
import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.batching.sample.LogProbabilities;
import dev.tensafe.batching.sample.Sampler;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.batching.schedule.BlockPool;
import dev.tensafe.batching.schedule.FlowCounters;
import dev.tensafe.batching.schedule.Scheduler;
import dev.tensafe.batching.schedule.SequenceState;
import dev.tensafe.batching.schedule.StepPlan;
import dev.tensafe.batching.text.TextStream;
import dev.tensafe.formats.CodedException;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state machine of continuous batching. A sequence is <em>waiting</em> (no blocks), <em>running
 * </em> (holds blocks), and then gone. Every {@link #step}: expire, plan, apply preemptions, take
 * blocks, run the model, sample for the sequences whose tokens are all computed, report. Confined
 * to one thread.
 */
final class EngineCore {
  private static final Logger LOG = LoggerFactory.getLogger(EngineCore.class);

  private final EngineConfig config;
  private final ModelExecutor executor;
  private final List<ForwardHook> hooks;
  private final Tokenizer tokenizer;
  private final Ticker ticker;
  private final BlockPool pool;
  private final FlowCounters flows = new FlowCounters();
  private final Sampler sampler;
  private final float[] row;
  private final Map<Long, Sequence> sequences = new LinkedHashMap<>();
  private final Consumer<Sequence> onLeavingQueue;
  private long preemptions;
  private long steps;

  /**
   * @param onLeavingQueue told once per sequence, when it is first scheduled or ends before
   */
  EngineCore(
      EngineConfig config,
      ModelExecutor executor,
      List<ForwardHook> hooks,
      Tokenizer tokenizer,
      Ticker ticker,
      Consumer<Sequence> onLeavingQueue) {
    this.config = config;
    this.executor = executor;
    this.hooks = List.copyOf(hooks);
    this.tokenizer = tokenizer;
    this.ticker = ticker;
    this.onLeavingQueue = onLeavingQueue;
    this.pool = new BlockPool(config.cacheBlocks());
    int vocab = executor.config().vocabSize();
    this.sampler = new Sampler(vocab, executor.config().eosTokens());
    this.row = new float[vocab];
  }

  void add(long id, GenerationRequest request, GenerationListener listener, long deadlineNanos) {
    TextStream text =
        request.continuesPrompt()
            ? TextStream.continuing(tokenizer, request.stopStrings(), request.promptTokens())
            : new TextStream(tokenizer, request.stopStrings());
    sequences.put(id, new Sequence(id, request, listener, text, deadlineNanos));
    flows.arrive(request.flow());
  }

  /** Ends a sequence at once; its blocks are free when this returns. Unknown ids are ignored. */
  void fail(long id, CodedException reason) {
    Sequence sequence = sequences.get(id);
    if (sequence != null) {
      end(sequence);
      report(sequence, l -> l.onFailure(reason));
    }
  }

  void failAll(CodedException reason) {
    for (Long id : List.copyOf(sequences.keySet())) {
      fail(id, reason);
    }
  }

  boolean hasWork() {
    return !sequences.isEmpty();
  }

  EngineStatus status() {
    int running = 0;
    Set<Long> runningAdapters = new HashSet<>();
    for (Sequence s : sequences.values()) {
      if (s.running()) {
        running++;
        if (s.request.adapter() != SequenceInput.BASE) {
          runningAdapters.add(s.request.adapter());
        }
      }
    }
    return new EngineStatus(
        running,
        sequences.size() - running,
        pool.total() - pool.free(),
        pool.total(),
        preemptions,
        steps,
        runningAdapters);
  }

  /** Runs one step; does nothing without work. */
  void step() {
    expire();
    if (sequences.isEmpty()) {
      return;
    }
    List<SequenceState> states = new ArrayList<>(sequences.size());
    sequences.values().forEach(s -> states.add(s.state()));
    StepPlan plan = Scheduler.plan(config.scheduler(), states, pool.free(), flows::served);
    apply(plan);
    if (!plan.runs().isEmpty()) {
      run(plan.runs());
    }
    steps++;
  }

  private void expire() {
    long now = ticker.nanos();
    for (Sequence s : List.copyOf(sequences.values())) {
      if (s.deadlineNanos != 0 && now - s.deadlineNanos >= 0) {
        fail(
            s.id,
            new EngineException(
                EngineException.Kind.TIMEOUT, "engine.timeout", "the request ran out of time"));
      }
    }
  }

  private void apply(StepPlan plan) {
    for (long id : plan.preempted()) {
      pool.release(get(id).reset());
      preemptions++;
    }
    for (StepPlan.Run run : plan.runs()) {
      Sequence s = get(run.id());
      for (int i = 0; i < run.newBlocks(); i++) {
        s.addBlock(pool.take());
      }
      if (!s.running() && s.start()) {
        onLeavingQueue.accept(s);
        flows.charge(s.request.flow(), (long) s.promptLength() * FlowCounters.PROMPT_TOKEN);
        report(s, GenerationListener::onScheduled);
      }
    }
    for (Sequence s : sequences.values()) {
      if (!s.running()) {
        s.waitOneStep();
      }
    }
  }

  private Sequence get(long id) {
    Sequence s = sequences.get(id);
    if (s == null) {
      throw new IllegalStateException("no sequence " + id);
    }
    return s;
  }

  private void run(List<StepPlan.Run> runs) {
    List<Sequence> members = new ArrayList<>(runs.size());
    List<SequenceInput> inputs = new ArrayList<>(runs.size());
    for (StepPlan.Run run : runs) {
      Sequence s = sequences.get(run.id());
      if (s == null) {
        continue; // its listener failed while it was being scheduled
      }
      members.add(s);
      inputs.add(
          new SequenceInput(
              s.id,
              "",
              s.request.adapter(),
              s.nextTokens(run.tokens()),
              s.computed(),
              s.promptLength(),
              s.blocks(),
              logitRows(s, run.tokens())));
    }
    if (members.isEmpty()) {
      return;
    }
    ForwardResult result;
    try {
      result = executor.forward(new ForwardBatch(inputs), hooks);
    } catch (RuntimeException | OutOfMemoryError e) {
      LOG.error("a step of {} sequences failed: {}", members.size(), e.getClass().getName());
      EngineException reason =
          new EngineException(
              EngineException.Kind.FAILED,
              "engine.step_failed",
              "the model failed on this step",
              e);
      members.forEach(s -> fail(s.id, reason));
      return;
    }
    for (int i = 0; i < members.size(); i++) {
      RuntimeException failure = result.failures().get(i);
      if (failure != null) {
        fail(members.get(i).id, asCoded(failure));
      } else {
        accept(members.get(i), inputs.get(i), result, result.firstRow()[i]);
      }
    }
  }

  private static CodedException asCoded(RuntimeException failure) {
    return failure instanceof CodedException coded
        ? coded
        : new EngineException(
            EngineException.Kind.FAILED,
            "engine.hook_failed",
            "a projection's hook failed",
            failure);
  }

  private static SequenceInput.LogitRows logitRows(Sequence s, int tokens) {
    boolean scoring = s.request.scorePrompt() && s.promptLogprobs.size() < s.promptLength() - 1;
    if (scoring) {
      return SequenceInput.LogitRows.ALL;
    }
    boolean complete = s.computed() + tokens == s.count();
    return complete ? SequenceInput.LogitRows.LAST : SequenceInput.LogitRows.NONE;
  }

  private void accept(Sequence s, SequenceInput input, ForwardResult result, int firstRow) {
    try {
      if (input.logits() instanceof SequenceInput.LogitRows.All) {
        scorePrompt(s, input, result, firstRow);
      }
      s.advance(input.tokenCount());
      if (s.computed() < s.count()) {
        return;
      }
      if (s.request.params().maxTokens() == 0) {
        finish(s, FinishReason.LENGTH);
        return;
      }
      result.copyRow(firstRow + input.logitRowCount() - 1, row);
      SamplingParams params = s.request.params();
      output(s, sampler.sample(row, s.tokens(), s.count(), s.promptLength(), params));
    } catch (CodedException e) {
      fail(s.id, e);
    }
  }

  private void scorePrompt(Sequence s, SequenceInput input, ForwardResult result, int firstRow) {
    int top = Math.max(0, s.request.params().topLogprobs());
    for (int i = 0; i < input.tokenCount(); i++) {
      int next = input.start() + i + 1;
      if (next < s.promptLength() && next == s.promptLogprobs.size() + 1) {
        result.copyRow(firstRow + i, row);
        s.promptLogprobs.add(LogProbabilities.of(row, s.tokens()[next], top));
      }
    }
    if (s.promptLogprobs.size() == s.promptLength() - 1) {
      report(s, l -> l.onPromptScored(List.copyOf(s.promptLogprobs)));
    }
  }

  private void output(Sequence s, Sampler.Choice choice) {
    SamplingParams params = s.request.params();
    s.append(choice.token());
    flows.charge(s.request.flow(), FlowCounters.OUTPUT_TOKEN);
    boolean armed = s.outputLength() >= params.minTokens();
    boolean ends =
        params.stopTokens().contains(choice.token())
            || (!params.ignoreEos() && executor.config().eosTokens().contains(choice.token()));
    StringBuilder text = new StringBuilder();
    if (!ends) {
      text.append(s.text.add(choice.token(), armed));
    }
    boolean stopped = ends || s.text.stopped();
    boolean full =
        s.outputLength() >= params.maxTokens() || s.count() >= config.maxSequenceLength();
    if (stopped || full) {
      text.append(s.text.finish(armed));
    }
    // the flush itself may have completed a stop string
    boolean stop = ends || s.text.stopped();
    TokenLogprob logprob = choice.logprob();
    List<TokenLogprob> logprobs = logprob == null || ends ? List.of() : List.of(logprob);
    report(s, l -> l.onOutput(text.toString(), logprobs));
    if (stopped || full) {
      finish(s, stop ? FinishReason.STOP : FinishReason.LENGTH);
    }
  }

  private void finish(Sequence s, FinishReason reason) {
    if (sequences.containsKey(s.id)) {
      end(s);
      report(s, l -> l.onFinish(reason, s.promptLength(), s.outputLength()));
    }
  }

  private void end(Sequence s) {
    sequences.remove(s.id);
    flows.leave(s.request.flow());
    pool.release(s.reset());
    if (!s.scheduledBefore()) {
      onLeavingQueue.accept(s);
    }
  }

  private void report(Sequence s, Consumer<GenerationListener> event) {
    try {
      event.accept(s.listener);
    } catch (RuntimeException e) {
      LOG.error("a listener failed: {}", e.getClass().getName());
      if (sequences.containsKey(s.id)) {
        end(s);
      }
    }
  }
}
