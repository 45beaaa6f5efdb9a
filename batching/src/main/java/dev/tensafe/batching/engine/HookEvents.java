package dev.tensafe.batching.engine;

import dev.tensafe.model.exec.AdapterLoad;
import dev.tensafe.model.exec.ForwardHook;
import java.util.List;
import java.util.function.Consumer;

/**
 * Tells hooks what happens outside of the forward pass. One that throws is reported and disturbs
 * nobody: whether a sequence can go on was decided before. Confined to the engine.
 */
final class HookEvents {
  private final List<ForwardHook> hooks;
  private final InternalErrors errors;

  HookEvents(List<ForwardHook> hooks, InternalErrors errors) {
    this.hooks = List.copyOf(hooks);
    this.errors = errors;
  }

  /** A step is over, well or not. */
  void stepped() {
    tell("a hook after a step", ForwardHook::stepped);
  }

  /** A sequence holds nothing of the cache any more. */
  void ended(long sequenceId) {
    tell("a hook after a sequence", hook -> hook.ended(sequenceId));
  }

  /** What an adapter adds to a step, as the hook that computes it says. */
  AdapterLoad load(long adapter) {
    for (ForwardHook hook : hooks) {
      try {
        AdapterLoad load = hook.load(adapter);
        if (load.kind() != AdapterLoad.Kind.BASE) {
          return load;
        }
      } catch (RuntimeException | Error e) {
        errors.report("a hook that was asked for an adapter's load", e);
      }
    }
    return AdapterLoad.BASE;
  }

  private void tell(String where, Consumer<ForwardHook> event) {
    for (ForwardHook hook : hooks) {
      try {
        event.accept(hook);
      } catch (RuntimeException | Error e) {
        errors.report(where, e);
      }
    }
  }
}
