package dev.tensafe.batching.engine;

import dev.tensafe.batching.EngineException;
import dev.tensafe.batching.sample.LogitMask;
import dev.tensafe.batching.sample.MaskChain;
import dev.tensafe.batching.sample.SamplingParams;
import dev.tensafe.batching.schedule.Scheduler;
import dev.tensafe.batching.schedule.StepPlan;
import dev.tensafe.batching.text.TextStream;
import dev.tensafe.formats.CodedException;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.tokenizer.Tokenizer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * The state machine of continuous batching. A sequence is <em>waiting</em> (no blocks), <em>running
 * </em> (holds blocks), and then gone. Every {@link #step}: expire, plan, apply preemptions, take
 * blocks, run the model, sample for the sequences whose tokens are all computed, report. Confined
 * to one thread, but for {@link #addListener}.
 */
final class EngineCore {
  private final EngineConfig config;
  private final Tokenizer tokenizer;
  private final Set<Integer> eosTokens;
  private final Ticker ticker;
  private final InternalErrors errors = new InternalErrors();
  private final StepClock clock;
  private final List<StepListener> listeners = new CopyOnWriteArrayList<>();
  private final StepAccount account;
  private final SequenceTable table;
  private final SequenceReports reports;
  private final DraftRunner drafting;
  private final StepRunner runner;
  private long steps;

  /** One that does not guess ahead. */
  EngineCore(
      EngineConfig config,
      ModelExecutor executor,
      List<ForwardHook> hooks,
      Tokenizer tokenizer,
      Ticker ticker,
      Consumer<Sequence> onLeavingQueue) {
    this(config, executor, hooks, tokenizer, ticker, Optional.empty(), onLeavingQueue);
  }

  /**
   * @param onLeavingQueue told once per sequence, when it is first scheduled or ends before
   */
  EngineCore(
      EngineConfig config,
      ModelExecutor executor,
      List<ForwardHook> hooks,
      Tokenizer tokenizer,
      Ticker ticker,
      Optional<Speculation> speculation,
      Consumer<Sequence> onLeavingQueue) {
    config.checkLogits(executor.config().vocabSize());
    this.config = config;
    this.tokenizer = tokenizer;
    this.eosTokens = executor.config().eosTokens();
    this.ticker = ticker;
    HookEvents events = new HookEvents(hooks, errors);
    this.account = new StepAccount(config.scheduler().fairnessTokens(), events::load);
    this.table = new SequenceTable(config, account, onLeavingQueue, id -> released(events, id));
    this.clock = new StepClock(ticker);
    this.reports = new SequenceReports(table, errors, clock);
    this.drafting =
        new DraftRunner(
            speculation,
            table,
            errors,
            clock,
            executor.config().vocabSize(),
            config.maxSequenceLength());
    this.runner =
        new StepRunner(
            executor,
            hooks,
            events,
            table,
            reports,
            errors,
            clock,
            drafting,
            ticker,
            config.maxSequenceLength());
  }

  private void released(HookEvents events, long id) {
    events.ended(id);
    drafting.ended(id);
  }

  /** Adds one that hears of every step from now on; from any thread. */
  void addListener(StepListener listener) {
    listeners.add(listener);
  }

  InternalErrors errors() {
    return errors;
  }

  /** Takes a request that counts with all of its prompt among those that wait. */
  void add(long id, GenerationRequest request, GenerationListener listener, long deadlineNanos) {
    int all = request.promptTokens().length;
    int unusedShorter = add(id, request, listener, deadlineNanos, all);
  }

  /**
   * Takes a request.
   *
   * @param queued tokens for which it counts among those that wait
   * @return for how many of them it counts no more: the cache has them
   */
  int add(
      long id,
      GenerationRequest request,
      GenerationListener listener,
      long deadlineNanos,
      int queued) {
    LogitMask mask = MaskChain.of(request.params(), eosTokens, request.constraint().orElse(null));
    SamplingParams params = request.params();
    TextStream text =
        new TextStream(tokenizer, request.stopStrings(), params.minTokens(), request.shownTokens());
    Sequence s = new Sequence(id, request, listener, text, mask, deadlineNanos);
    int shorter = Math.min(table.add(s), queued - 1);
    s.queueFor(queued - shorter);
    reports.guard(s, "joining an output to its prompt", () -> text.precede(request.promptTokens()));
    return shorter;
  }

  /** Ends a sequence at once; its blocks are free when this returns. Unknown ids are ignored. */
  void abandon(long id, CodedException reason) {
    Sequence sequence = table.find(id);
    if (sequence != null) {
      reports.abandon(sequence, reason);
    }
  }

  /**
   * Drops the last tokens of a sequence's output between two steps; it goes on from what is left.
   * Its listener is told nothing: who rewinds takes back what was reported.
   */
  void rewind(long id, int tokens) {
    Sequence s = get(id);
    reports.guard(s, "rewinding a sequence", () -> table.rewind(s, tokens));
    drafting.ended(id);
  }

  /** What was computed with an adapter so far is not to be found any more. */
  void distrustAdapter(String digest) {
    table.distrustAdapter(digest);
  }

  void abandonAll(CodedException reason) {
    table.all().forEach(s -> reports.abandon(s, reason));
  }

  /** Closes what guesses ahead; after everything else. */
  void close() {
    drafting.close();
  }

  boolean hasWork() {
    return !table.isEmpty();
  }

  EngineStatus status() {
    return table.status(steps, errors.count());
  }

  /** Runs one step; does nothing without work. */
  void step() {
    clock.begin();
    expire();
    if (table.isEmpty()) {
      return;
    }
    drafting.propose();
    StepPlan plan = Scheduler.plan(config.scheduler(), table.states(), table, account.shares());
    apply(plan);
    if (!plan.runs().isEmpty()) {
      runner.run(plan.runs());
    }
    steps++;
    drafting.stepped(plan);
    long nanos = clock.read().values().stream().mapToLong(Long::longValue).sum();
    clock.enter(StepReport.Phase.ACCOUNT);
    tell(plan, account.settle(nanos, table));
  }

  private void tell(StepPlan plan, Map<String, Double> tenants) {
    if (listeners.isEmpty()) {
      return;
    }
    StepReport report = new StepReport(plan, drafting.counts(), clock.read(), tenants);
    for (StepListener listener : listeners) {
      try {
        listener.onStep(report);
      } catch (RuntimeException e) {
        errors.report("a step's listener", e);
      }
    }
  }

  private void expire() {
    long now = ticker.nanos();
    for (Sequence s : table.all()) {
      if (s.deadlineNanos != 0 && now - s.deadlineNanos >= 0) {
        reports.abandon(
            s,
            new EngineException(
                EngineException.Kind.TIMEOUT, "engine.timeout", "the request ran out of time"));
      }
    }
  }

  private void apply(StepPlan plan) {
    for (long id : plan.preempted()) {
      Sequence s = get(id);
      reports.guard(s, "preempting a sequence", () -> table.preempt(s));
    }
    for (StepPlan.Run run : plan.runs()) {
      if (run.cachedBlocks() > 0) {
        Sequence s = get(run.id());
        reports.guard(s, "sharing what is cached", () -> table.share(s, run));
      }
    }
    for (StepPlan.Run run : plan.runs()) {
      Sequence s = table.find(run.id());
      if (s != null) { // null: sharing failed
        reports.guard(s, "admitting a sequence", () -> admit(s, run));
      }
    }
    table.countWaiting();
  }

  private void admit(Sequence s, StepPlan.Run run) {
    if (table.run(s, run)) {
      int cached = s.computed();
      reports.event(s, l -> l.onScheduled(cached));
    }
  }

  private Sequence get(long id) {
    Sequence s = table.find(id);
    if (s == null) {
      throw new IllegalStateException("no sequence " + id);
    }
    return s;
  }
}
