package dev.tensafe.training.torch;

import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.tensafe.model.torch.ScriptModule;
import dev.tensafe.training.TrainingException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an optimizer remembers about parameters, and its formulas. Which moments there are shows
 * which optimizer it is; they come into being, all zero, with the first step or when they are set.
 * Confined to the model's thread.
 */
final class OptimizerState implements AutoCloseable {
  private static final String FIRST = "first";
  private static final String SECOND = "second";
  private static final String ROW = "row";
  private static final String COLUMN = "column";

  private final ScriptModule script =
      new ScriptModule("Optimizer", OptimizerState.class, "optimizer.torchscript");
  private final List<Parameter> parameters;
  private final Map<String, List<PtNDArray>> moments = new LinkedHashMap<>();
  private long steps;

  OptimizerState(List<Parameter> parameters) {
    this.parameters = List.copyOf(parameters);
  }

  ScriptModule script() {
    return script;
  }

  long steps() {
    return steps;
  }

  void setSteps(long taken) {
    steps = taken;
  }

  private static List<String> kinds(OptimizerSpec spec) {
    if (spec instanceof OptimizerSpec.AdamW) {
      return List.of(FIRST, SECOND);
    }
    return spec instanceof OptimizerSpec.Sgd ? List.of(FIRST) : List.of(ROW, COLUMN);
  }

  /**
   * Makes the moments of an optimizer.
   *
   * @throws TrainingException {@code train.optimizer} when there are those of another
   */
  void prepare(OptimizerSpec spec) {
    List<String> kinds = kinds(spec);
    boolean other =
        !kinds.containsAll(moments.keySet())
            || (steps > 0 && !moments.isEmpty() && !moments.keySet().containsAll(kinds));
    if (other) {
      throw new TrainingException(
          "train.optimizer",
          "steps were taken with another optimizer, whose moments this one cannot use; go on with"
              + " that one, or begin a model anew from the weights");
    }
    kinds.forEach(this::make);
  }

  private List<PtNDArray> make(String kind) {
    return moments.computeIfAbsent(
        kind,
        k -> {
          NDList values = values(parameters);
          PtNDManager m = script.manager();
          PtNDArray[] made =
              switch (k) {
                case FIRST, SECOND -> script.tensors(m, "zeros", values);
                case ROW -> script.tensors(m, "row_zeros", values, 0);
                case COLUMN -> script.tensors(m, "row_zeros", values, 1);
                default -> throw new IllegalArgumentException("no moment is called " + k);
              };
          return List.of(made);
        });
  }

  private static NDList values(List<Parameter> of) {
    NDList out = new NDList();
    of.forEach(p -> out.add(p.value()));
    return out;
  }

  /**
   * One step: the gradients are multiplied by {@code scale}, then by what brings their norm over
   * all parameters to {@code clip} if it is larger, then applied, then set to zero. If the norm is
   * not a finite number, they are set to zero and nothing else happens.
   *
   * @param gradients one a parameter, in the order of the parameters
   * @param clip 0 for none
   * @return the norm before clipping
   */
  double step(
      OptimizerSpec spec, List<PtNDArray> gradients, double rate, double scale, double clip) {
    prepare(spec);
    try (PtNDManager m = (PtNDManager) script.manager().newSubManager()) {
      NDList all = new NDList();
      all.addAll(gradients);
      double norm = Tensors.scalar(script.tensor(m, "norm", all)) * Math.abs(scale);
      if (Double.isFinite(norm)) {
        double factor = clip > 0 && norm > clip ? scale * clip / norm : scale;
        if (factor != 1) {
          script.run("scale", all, factor);
        }
        steps++;
        apply(spec, gradients, rate, true);
        apply(spec, gradients, rate, false);
      }
      script.run("zero", all);
      return norm;
    }
  }

  private void apply(OptimizerSpec spec, List<PtNDArray> gradients, double rate, boolean decayed) {
    NDList p = new NDList();
    NDList g = new NDList();
    List<NDList> m = List.of(new NDList(), new NDList());
    List<String> kinds = kinds(spec);
    for (int i = 0; i < parameters.size(); i++) {
      if (parameters.get(i).decayed() == decayed) {
        p.add(parameters.get(i).value());
        g.add(gradients.get(i));
        for (int k = 0; k < kinds.size(); k++) {
          m.get(k).add(make(kinds.get(k)).get(i));
        }
      }
    }
    if (p.isEmpty()) {
      return;
    }
    NDList one = m.get(0);
    NDList two = m.get(1);
    int step = Math.toIntExact(steps);
    double decay = decayed ? spec.weightDecay() : 0;
    if (spec instanceof OptimizerSpec.AdamW a) {
      script.run("adamw", p, g, one, two, step, rate, a.beta1(), a.beta2(), a.eps(), decay);
    } else if (spec instanceof OptimizerSpec.Sgd s) {
      script.run("sgd", p, g, one, step == 1, rate, s.momentum(), s.nesterov(), decay);
    } else if (spec instanceof OptimizerSpec.Adafactor f) {
      script.run(
          "adafactor",
          p,
          g,
          one,
          two,
          step,
          rate,
          f.exponent(),
          f.eps1(),
          f.eps2(),
          f.threshold(),
          decay);
    }
  }

  /** Names and shapes of the moments there are: the parameter's name, a dot and the kind. */
  Map<String, List<Long>> shapes() {
    Map<String, List<Long>> out = new LinkedHashMap<>();
    moments.forEach(
        (kind, tensors) -> {
          for (int i = 0; i < tensors.size(); i++) {
            List<Long> shape = new ArrayList<>();
            for (long n : tensors.get(i).getShape().getShape()) {
              shape.add(n);
            }
            out.put(parameters.get(i).name() + "." + kind, shape);
          }
        });
    return out;
  }

  /** Names and shapes of the moments that an optimizer has once it has taken a step. */
  Map<String, List<Long>> shapes(OptimizerSpec spec) {
    Map<String, List<Long>> out = new LinkedHashMap<>();
    for (String kind : kinds(spec)) {
      for (Parameter p : parameters) {
        out.put(p.name() + "." + kind, shape(p, kind));
      }
    }
    return out;
  }

  private static List<Long> shape(Parameter p, String kind) {
    return switch (kind) {
      case ROW -> List.of(p.shape().get(0));
      case COLUMN -> List.of(p.shape().get(1));
      default -> p.shape();
    };
  }

  /** As before the first step. */
  void forget() {
    moments.values().forEach(tensors -> tensors.forEach(PtNDArray::close));
    moments.clear();
    steps = 0;
  }

  /**
   * A moment by its name, which comes into being if it could be there.
   *
   * @throws IllegalArgumentException if no parameter has one of that name
   */
  PtNDArray moment(String name) {
    int dot = name.lastIndexOf('.');
    String kind = name.substring(dot + 1);
    for (int i = 0; i < parameters.size() && dot > 0; i++) {
      if (parameters.get(i).name().equals(name.substring(0, dot))) {
        return make(kind).get(i);
      }
    }
    throw new IllegalArgumentException("no moment is called " + name);
  }

  @Override
  public void close() {
    script.close();
  }
}
