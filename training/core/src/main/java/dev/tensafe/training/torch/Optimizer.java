package dev.tensafe.training.torch;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Turns gradients into new weights. Norms and biases do not decay. Confined to the model's thread.
 */
public final class Optimizer implements AutoCloseable {
  private final OptimizerSpec spec;
  private final OptimizerState state;
  private final List<Parameter> parameters;

  /** Begins with no history: all moments zero. */
  public Optimizer(TrainableModel model, OptimizerSpec spec) {
    this.spec = spec;
    this.parameters = model.parameters();
    this.state = new OptimizerState(parameters);
    state.prepare(spec);
  }

  /** Steps taken. */
  public int steps() {
    return Math.toIntExact(state.steps());
  }

  /**
   * One step: gradients are multiplied by {@code scale}, then by what brings their global norm to
   * {@code clip} if it is larger, then applied, then set to zero. If the norm is not a finite
   * number, they are set to zero and nothing else happens.
   *
   * @param clip 0 for none
   * @return the norm before clipping
   */
  public double step(double rate, double scale, double clip) {
    try (PtNDManager m = (PtNDManager) state.script().manager().newSubManager()) {
      List<PtNDArray> gradients = new ArrayList<>();
      for (Parameter p : parameters) {
        PtNDArray gradient = p.value().getGradient();
        gradient.attach(m);
        gradients.add(gradient);
      }
      return state.step(spec, gradients, rate, scale, clip);
    }
  }

  /**
   * Names and shapes of the moments: {@code <parameter>.first} and {@code .second}, or {@code .row}
   * and {@code .column}.
   */
  public Map<String, List<Long>> moments() {
    return state.shapes();
  }

  /** Values of a moment, as they are now. */
  public float[] moment(String name) {
    return Tensors.floats(state.moment(name));
  }

  /**
   * Replaces the values of a moment.
   *
   * @param values as many as it has
   */
  public void setMoment(String name, float[] values) {
    Tensors.overwrite(state.moment(name), values);
  }

  /** Counts on from a number of steps that the moments have seen. */
  public void setSteps(int taken) {
    state.setSteps(taken);
  }

  @Override
  public void close() {
    state.close();
  }
}
