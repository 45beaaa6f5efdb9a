package dev.tensafe.batching.engine;

import dev.tensafe.batching.EngineException;
import dev.tensafe.batching.schedule.StepPlan;
import dev.tensafe.formats.CodedException;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs the model over the sequences of a plan and hands each what it gets. Only a failure of the
 * executor as a whole ends all of them. Confined to the engine.
 */
final class StepRunner {
  private final ModelExecutor executor;
  private final List<ForwardHook> hooks;
  private final HookEvents events;
  private final SequenceTable table;
  private final SequenceReports reports;
  private final InternalErrors errors;
  private final StepClock clock;
  private final PromptScorer scorer;
  private final OutputPath output;
  private final MaskWait maskWait;

  StepRunner(
      ModelExecutor executor,
      List<ForwardHook> hooks,
      HookEvents events,
      SequenceTable table,
      SequenceReports reports,
      InternalErrors errors,
      StepClock clock,
      DraftRunner drafting,
      Ticker ticker,
      int maxSequenceLength) {
    this.executor = executor;
    this.hooks = List.copyOf(hooks);
    this.events = events;
    this.table = table;
    this.reports = reports;
    this.errors = errors;
    this.clock = clock;
    int vocab = executor.config().vocabSize();
    this.scorer = new PromptScorer(vocab, reports);
    this.maskWait = new MaskWait(ticker);
    this.output =
        new OutputPath(
            table, reports, drafting, vocab, executor.config().eosTokens(), maxSequenceLength);
  }

  /** A sequence with its share of the step. */
  private record Member(Sequence sequence, SequenceInput input) {}

  void run(List<StepPlan.Run> runs) {
    List<Member> members = new ArrayList<>(runs.size());
    for (StepPlan.Run run : runs) {
      Sequence s = table.find(run.id());
      if (s != null) { // null: its listener failed while it was being scheduled
        reports.guard(s, "a sequence's input", () -> members.add(member(s, run)));
      }
    }
    if (members.isEmpty()) {
      return;
    }
    clock.enter(StepReport.Phase.FORWARD);
    ForwardResult result = forward(members);
    clock.enter(StepReport.Phase.SAMPLE);
    if (result == null) {
      return;
    }
    maskWait.begin(members.size());
    for (int i = 0; i < members.size(); i++) {
      int index = i;
      Member member = members.get(i);
      RuntimeException failure = result.failures().get(i);
      reports.guard(
          member.sequence(),
          failure == null ? "sampling" : "a projection's hook",
          () -> accept(member, result, index, failure));
    }
  }

  /** While the model runs, others find out what may come next. */
  private static Member member(Sequence s, StepPlan.Run run) {
    SequenceInput input = input(s, run);
    int guesses = run.tokens() - (s.count() - s.computed());
    if (guesses >= 0) {
      s.mask.prepare(s.drafts().first(guesses).tokens());
    }
    return new Member(s, input);
  }

  private static SequenceInput input(Sequence s, StepPlan.Run run) {
    return new SequenceInput(
        s.id,
        s.request.requestId(),
        s.request.adapter(),
        s.nextTokens(run.tokens()),
        s.computed(),
        s.promptLength(),
        s.blocks(),
        run.logitRows() == 0
            ? SequenceInput.LogitRows.NONE
            : SequenceInput.LogitRows.last(run.logitRows()));
  }

  private @Nullable ForwardResult forward(List<Member> members) {
    try {
      return executor.forward(
          new ForwardBatch(members.stream().map(Member::input).toList()), hooks);
    } catch (RuntimeException | OutOfMemoryError e) {
      errors.report("a step of " + members.size() + " sequences", e);
      EngineException reason =
          new EngineException(
              EngineException.Kind.FAILED,
              "engine.step_failed",
              "the model failed on this step",
              e);
      members.forEach(m -> reports.fail(m.sequence(), reason));
      return null;
    } finally {
      events.stepped();
    }
  }

  private void accept(
      Member member, ForwardResult result, int index, @Nullable RuntimeException failure) {
    Sequence s = member.sequence();
    if (failure instanceof CodedException coded) {
      throw coded;
    }
    if (failure != null) {
      errors.report(s.listener, "a projection's hook", failure);
      throw new EngineException(
          EngineException.Kind.FAILED, "engine.hook_failed", "a projection's hook failed", failure);
    }
    int rows = member.input().logitRowCount();
    int firstRow = result.firstRow()[index];
    int own = Math.min(member.input().tokenCount(), s.count() - s.computed());
    int drafted = member.input().tokenCount() - own;
    s.advance(own);
    table.publish(s);
    scorer.score(s, s.computed(), result, firstRow, rows - drafted);
    if (s.computed() < s.count()) {
      return;
    }
    if (!s.mask.await(maskWait.left())) {
      table.rewind(s, 0); // its last token runs again in the next step
    } else {
      output.next(s, result, firstRow + rows - 1 - drafted, drafted);
    }
  }
}
