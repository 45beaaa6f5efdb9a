package dev.tensafe.batching.engine;

/** Hears of every step of an engine. */
@FunctionalInterface
public interface StepListener {
  /** A step is done. Called on the engine's thread; must return at once and not throw. */
  void onStep(StepReport report);
}
