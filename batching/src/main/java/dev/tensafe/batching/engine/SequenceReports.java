package dev.tensafe.batching.engine;

import dev.tensafe.batching.EngineException;
import dev.tensafe.batching.engine.GenerationListener.FinishReason;
import dev.tensafe.formats.CodedException;
import java.util.function.Consumer;

/**
 * Tells listeners what becomes of their sequences, and ends these: a sequence leaves the table
 * before its listener hears of the end. A listener that throws, and any other unexpected error in a
 * sequence's own work, ends that sequence alone. Confined to the engine.
 */
final class SequenceReports {
  private final SequenceTable table;
  private final InternalErrors errors;
  private final StepClock clock;

  SequenceReports(SequenceTable table, InternalErrors errors, StepClock clock) {
    this.table = table;
    this.errors = errors;
    this.clock = clock;
  }

  /** Does a sequence's own work; whatever it throws ends the sequence. */
  void guard(Sequence s, String where, Runnable work) {
    try {
      work.run();
    } catch (CodedException e) {
      fail(s, e);
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      failUnexpectedly(s, where, e);
    }
  }

  /** Reports an event that is no end; nothing of a sequence that has ended. */
  void event(Sequence s, Consumer<GenerationListener> event) {
    if (!table.holds(s)) {
      return;
    }
    StepReport.Phase before = clock.enter(StepReport.Phase.REPORT);
    try {
      event.accept(s.listener);
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      failUnexpectedly(s, "a listener", e);
    } finally {
      clock.enter(before);
    }
  }

  void finish(Sequence s, FinishReason reason) {
    end(s, l -> l.onFinish(reason, s.promptLength(), s.outputLength()));
  }

  /** Something went wrong: what the sequence computed may be wrong, and is not shared any more. */
  void fail(Sequence s, CodedException reason) {
    if (table.holds(s)) {
      table.distrust(s);
    }
    abandon(s, reason);
  }

  /** Ends a sequence that nobody wants or can wait for; what it computed is as good as any. */
  void abandon(Sequence s, CodedException reason) {
    end(s, l -> l.onFailure(reason));
  }

  void failUnexpectedly(Sequence s, String where, Throwable error) {
    errors.report(s.listener, where, error);
    fail(
        s,
        new EngineException(
            EngineException.Kind.FAILED,
            "engine.internal_error",
            "an internal error ended this output",
            error));
  }

  private void end(Sequence s, Consumer<GenerationListener> report) {
    try {
      if (!table.remove(s)) {
        return;
      }
    } catch (RuntimeException e) {
      errors.report(s.listener, "giving back what a sequence held", e);
    }
    StepReport.Phase before = clock.enter(StepReport.Phase.REPORT);
    try {
      report.accept(s.listener);
    } catch (RuntimeException | Error e) {
      errors.report(s.listener, "a listener", e);
    } finally {
      clock.enter(before);
    }
  }
}
