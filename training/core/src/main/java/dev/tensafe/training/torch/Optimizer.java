package dev.tensafe.training.torch;

import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.tensafe.model.torch.ScriptModule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns gradients into new weights. Norms and biases do not decay. Confined to the model's thread.
 */
public final class Optimizer implements AutoCloseable {
  private final OptimizerSpec spec;
  private final ScriptModule script;
  private final List<Parameter> parameters;
  private int steps;

  /** Begins with no history: all moments zero. */
  public Optimizer(TrainableModel model, OptimizerSpec spec) {
    this.spec = spec;
    this.parameters = model.parameters();
    this.script = new ScriptModule("Optimizer", Optimizer.class, "optimizer.torchscript");
    for (Parameter p : parameters) {
      script.run("add", p.value(), p.decayed());
      if (spec instanceof OptimizerSpec.AdamW) {
        script.run("add_second", p.value(), p.decayed());
      }
    }
  }

  /** Steps taken. */
  public int steps() {
    return steps;
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
    try (PtNDManager m = (PtNDManager) script.manager().newSubManager()) {
      NDList decayed = gradients(m, true);
      NDList plain = gradients(m, false);
      NDList all = new NDList(decayed);
      all.addAll(plain);
      double norm = Tensors.scalar(script.tensor(m, "norm", all)) * scale;
      if (Double.isFinite(norm)) {
        double factor = clip > 0 && norm > clip ? scale * clip / norm : scale;
        if (factor != 1) {
          script.run("scale", all, factor);
        }
        steps++;
        apply(decayed, plain, rate);
      }
      script.run("zero", all);
      return norm;
    }
  }

  private void apply(NDList decayed, NDList plain, double rate) {
    if (spec instanceof OptimizerSpec.AdamW a) {
      script.run(
          "adamw", decayed, plain, steps, rate, a.beta1(), a.beta2(), a.eps(), a.weightDecay());
    } else if (spec instanceof OptimizerSpec.Sgd s) {
      script.run(
          "sgd", decayed, plain, steps == 1, rate, s.momentum(), s.nesterov(), s.weightDecay());
    }
  }

  private NDList gradients(PtNDManager m, boolean decayed) {
    NDList out = new NDList();
    for (Parameter p : parameters) {
      if (p.decayed() == decayed) {
        PtNDArray gradient = p.value().getGradient();
        gradient.attach(m);
        out.add(gradient);
      }
    }
    return out;
  }

  /** Names and shapes of the moments: {@code <parameter>.first} and {@code .second}. */
  public Map<String, List<Long>> moments() {
    Map<String, List<Long>> out = new LinkedHashMap<>();
    for (Parameter p : parameters) {
      out.put(p.name() + ".first", p.shape());
      if (spec instanceof OptimizerSpec.AdamW) {
        out.put(p.name() + ".second", p.shape());
      }
    }
    return out;
  }

  /** Values of a moment, as they are now. */
  public float[] moment(String name) {
    try (PtNDManager m = (PtNDManager) script.manager().newSubManager()) {
      return Tensors.floats(moment(m, name));
    }
  }

  /**
   * Replaces the values of a moment.
   *
   * @param values as many as it has
   */
  public void setMoment(String name, float[] values) {
    try (PtNDManager m = (PtNDManager) script.manager().newSubManager()) {
      Tensors.overwrite(moment(m, name), values);
    }
  }

  /** Counts on from a number of steps that the moments have seen. */
  public void setSteps(int taken) {
    steps = taken;
  }

  private PtNDArray moment(PtNDManager m, String name) {
    PtNDArray tensor = moments(m).get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("no moment is called " + name);
    }
    return tensor;
  }

  private Map<String, PtNDArray> moments(PtNDManager m) {
    Map<String, PtNDArray> out = new LinkedHashMap<>();
    for (boolean second : new boolean[] {false, true}) {
      if (second && !(spec instanceof OptimizerSpec.AdamW)) {
        continue;
      }
      for (boolean decayed : new boolean[] {true, false}) {
        PtNDArray[] tensors = script.tensors(m, "state", decayed, second);
        List<Parameter> of = new ArrayList<>(parameters);
        of.removeIf(p -> p.decayed() != decayed);
        for (int i = 0; i < tensors.length; i++) {
          out.put(of.get(i).name() + (second ? ".second" : ".first"), tensors[i]);
        }
      }
    }
    return out;
  }

  @Override
  public void close() {
    script.close();
  }
}
