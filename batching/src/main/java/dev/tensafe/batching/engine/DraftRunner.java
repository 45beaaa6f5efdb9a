package dev.tensafe.batching.engine;

import dev.tensafe.batching.draft.Draft;
import dev.tensafe.batching.draft.DraftPolicy.Candidate;
import dev.tensafe.batching.draft.DraftRequest;
import dev.tensafe.batching.draft.Drafter;
import dev.tensafe.batching.draft.Drafting;
import dev.tensafe.batching.schedule.StepPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Has the next tokens of sequences guessed before a step, and keeps count of how many were right.
 * Sequences have guesses only in a step in which all decode and none waits. A drafter or policy
 * that throws, or that gives what it may not give, is reported and left out from then on. Confined
 * to the engine.
 */
final class DraftRunner {
  private final SequenceTable table;
  private final InternalErrors errors;
  private final StepClock clock;
  private final int vocabSize;
  private final int maxSequenceLength;
  private Optional<Speculation> speculation;
  private final Optional<Speculation> opened;
  private final List<Integer> accepted = new ArrayList<>();
  private int drafts;
  private int tokens;
  private int rows;

  DraftRunner(
      Optional<Speculation> speculation,
      SequenceTable table,
      InternalErrors errors,
      StepClock clock,
      int vocabSize,
      int maxSequenceLength) {
    this.speculation = speculation;
    this.opened = speculation;
    this.table = table;
    this.errors = errors;
    this.clock = clock;
    this.vocabSize = vocabSize;
    this.maxSequenceLength = maxSequenceLength;
  }

  /** Gives sequences guesses for the step to come, or none. */
  void propose() {
    drafts = 0;
    tokens = 0;
    rows = 0;
    accepted.clear();
    if (speculation.isEmpty()) {
      return;
    }
    List<Sequence> all = table.all();
    all.forEach(s -> s.draft(Draft.NONE));
    rows = all.stream().allMatch(DraftRunner::decodes) ? all.size() : 0;
    clock.enter(StepReport.Phase.DRAFT);
    guarded(() -> guess(all.stream().filter(s -> room(s) > 0).toList()));
    clock.enter(StepReport.Phase.SCHEDULE);
  }

  private static boolean decodes(Sequence s) {
    return s.running() && s.count() - s.computed() == 1 && !s.scoring();
  }

  /** Guesses that a sequence can use: one token more is drawn than guesses are right. */
  private int room(Sequence s) {
    if (s.request.drafting() == Drafting.FORBIDDEN) {
      return 0;
    }
    return Math.min(
            s.request.params().maxTokens() - s.outputLength(), maxSequenceLength - s.count())
        - 1;
  }

  private Candidate candidate(Sequence s) {
    return new Candidate(s.id, room(s), s.request.drafting() == Drafting.EVEN);
  }

  private void guess(List<Sequence> sequences) {
    Speculation current = speculation.orElseThrow();
    List<Candidate> candidates = sequences.stream().map(this::candidate).toList();
    int[] limits = current.policy().limits(candidates, rows);
    List<Asked> wanted = new ArrayList<>();
    for (int i = 0; rows > 0 && i < limits.length; i++) {
      if (limits[i] > 0) {
        wanted.add(asked(sequences.get(i), candidates.get(i), limits[i]));
      }
    }
    List<Asked> asked = read(current, wanted);
    if (asked.isEmpty()) {
      return;
    }
    List<DraftRequest> requests = asked.stream().map(Asked::request).toList();
    long before = clock.now();
    List<Draft> drafts = new ArrayList<>(current.drafter().draft(requests));
    long took = clock.now() - before;
    check(requests, drafts);
    current.policy().drafted(requests.stream().mapToInt(DraftRequest::limit).sum(), took);
    for (int i = 0; i < asked.size(); i++) {
      if (asked.get(i).candidate().whole()) {
        drafts.set(i, drafts.get(i).filled(requests.get(i).limit()));
      }
    }
    int[] chosen =
        current.policy().choose(asked.stream().map(Asked::candidate).toList(), drafts, rows);
    for (int i = 0; i < asked.size(); i++) {
      asked.get(i).sequence().draft(drafts.get(i).first(chosen[i]));
    }
  }

  /** A sequence that guesses are wanted for. */
  private record Asked(Sequence sequence, Candidate candidate, DraftRequest request) {}

  private static Asked asked(Sequence s, Candidate candidate, int limit) {
    return new Asked(
        s,
        candidate,
        new DraftRequest(
            s.id,
            s.tokens(),
            s.count(),
            s.promptLength(),
            Math.min(limit, candidate.room()),
            s.request.params(),
            s.mask));
  }

  /** Has the drafter take in what is new; those that it is done with can be asked. */
  private List<Asked> read(Speculation current, List<Asked> wanted) {
    if (wanted.isEmpty()) {
      return wanted;
    }
    long before = clock.now();
    Drafter.Reading read = current.drafter().read(wanted.stream().map(Asked::request).toList());
    if (read.ready().length() > wanted.size()) {
      throw new IllegalStateException("more sequences read than there are");
    }
    if (read.tokens() > 0) {
      current.policy().read(read.tokens(), clock.now() - before);
    }
    return read.ready().stream().mapToObj(wanted::get).toList();
  }

  private void check(List<DraftRequest> requests, List<Draft> drafts) {
    if (drafts.size() != requests.size()) {
      throw new IllegalStateException(
          drafts.size() + " drafts for " + requests.size() + " sequences");
    }
    for (int i = 0; i < requests.size(); i++) {
      Draft draft = drafts.get(i);
      if (draft.length() > requests.get(i).limit()) {
        throw new IllegalStateException(
            draft.length() + " tokens guessed where at most " + requests.get(i).limit() + " fit");
      }
      for (int token : draft.tokens()) {
        if (token < 0 || token >= vocabSize) {
          throw new IllegalStateException("a guess that is no token of the vocabulary");
        }
      }
    }
  }

  /**
   * A sequence's guesses have run.
   *
   * @param ran so many of them
   * @param right the first ones, which were what was drawn
   * @param refuted whether the next one was something else
   */
  void verified(Sequence s, int ran, int right, boolean refuted) {
    drafts++;
    tokens += ran;
    while (accepted.size() < ran) {
      accepted.add(0);
    }
    for (int i = 0; i < right; i++) {
      accepted.set(i, accepted.get(i) + 1);
    }
    Draft draft = s.drafts();
    speculation.ifPresent(
        current -> guarded(() -> current.policy().verified(candidate(s), draft, right, refuted)));
  }

  /** The step is over, as it was planned. */
  void stepped(StepPlan plan) {
    clock.enter(StepReport.Phase.SCHEDULE);
    long model = clock.nanos(StepReport.Phase.FORWARD) + clock.nanos(StepReport.Phase.SAMPLE);
    boolean counts = rows > 0 && plan.preempted().isEmpty();
    int ran = plan.runs().stream().mapToInt(StepPlan.Run::tokens).sum();
    int guesses = tokens;
    speculation.ifPresent(
        current ->
            guarded(
                () -> {
                  if (counts) {
                    current.policy().stepped(ran, guesses, model);
                  } else {
                    current.policy().waited(model);
                  }
                }));
  }

  /** What the step's guesses came to. */
  DraftCounts counts() {
    return drafts == 0 ? DraftCounts.NONE : new DraftCounts(drafts, tokens, accepted);
  }

  /** A sequence has given up its place; it may come back. */
  void ended(long sequence) {
    speculation.ifPresent(
        current ->
            guarded(
                () -> {
                  current.drafter().ended(sequence);
                  current.policy().ended(sequence);
                }));
  }

  private void guarded(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      errors.report("guessing ahead, which ends", e);
      speculation = Optional.empty();
      table.all().forEach(s -> s.draft(Draft.NONE));
    }
  }

  void close() {
    opened.ifPresent(
        s -> {
          try {
            s.drafter().close();
          } catch (RuntimeException | Error e) {
            errors.report("closing a drafter", e);
          }
        });
  }
}
