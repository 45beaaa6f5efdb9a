package dev.tensafe.training.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.shape.ProjectionKind;
import dev.tensafe.training.TrainingException;
import dev.tensafe.training.run.RunConfig.Length;
import dev.tensafe.training.run.RunConfig.Start;
import dev.tensafe.training.torch.LoraSpec;
import dev.tensafe.training.torch.OptimizerSpec;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Reads a run's YAML file. Paths in it are relative to the working directory. */
public final class RunConfigReader {
  private static final int MAX_ROWS = 1 << 16;

  private RunConfigReader() {}

  /**
   * Reads and checks a file.
   *
   * @throws TrainingException {@code train.config}, naming file, key, value and what would be right
   */
  public static RunConfig read(Path file) {
    JsonNode root;
    try {
      root = new YAMLMapper().readTree(Files.readString(file));
    } catch (NoSuchFileException e) {
      throw new TrainingException("train.config", "there is no file " + file, e);
    } catch (JsonProcessingException e) {
      var at = e.getLocation();
      throw new TrainingException(
          "train.config",
          file + " is not valid YAML" + (at == null ? "" : " (line " + at.getLineNr() + ")"));
    } catch (IOException e) {
      throw new TrainingException("train.config", "cannot read " + file, e);
    }
    try {
      return parse(root);
    } catch (TrainingException e) {
      throw new TrainingException(e.code(), file + ": " + e.description(), e);
    }
  }

  static RunConfig parse(JsonNode root) {
    Section top = new Section(root, "");
    boolean adapts = top.choice("what", "lora", Set.of("lora", "all")).equals("lora");
    Start start = start(top);
    if (adapts && start instanceof Start.Scratch) {
      throw top.bad("what", "must be 'all' when training begins from nothing");
    }
    Length length = length(top);
    Section sampling = top.section("sample");
    RunConfig config =
        new RunConfig(
            Path.of(top.text("output")),
            start,
            adapts ? Optional.of(lora(top.section("lora"))) : Optional.empty(),
            paths(top, "train"),
            top.has("validation") ? paths(top, "validation") : List.of(),
            top.number("validation-share", 0.02, 0, 0.5),
            top.count("sequence-length", 256, 2),
            top.flag("packing", true),
            (int) top.integer("micro-batch", 8, 1, MAX_ROWS),
            (int) top.integer("accumulation", 1, 1, MAX_ROWS),
            length,
            optimizer(top.section("optimizer")),
            schedule(top.section("learning-rate"), adapts),
            top.number("clip", 1, 0, 1e9),
            top.integer("seed", 1, Long.MIN_VALUE, Long.MAX_VALUE),
            (int) top.integer("threads", Runtime.getRuntime().availableProcessors(), 1, 1024),
            top.count("validate-every", 100, 0),
            sampling.count("every", 0, 0),
            sampling.texts("prompts", List.of("Hello")),
            sampling.count("tokens", 64, 1),
            top.count("checkpoint-every", 200, 0),
            top.has("memory-limit-mib")
                ? top.integer("memory-limit-mib", 0, 1, 1L << 30) << 20
                : MemoryLimit.byDefault(),
            DType.valueOf(
                top.choice("save-as", adapts ? "f32" : "bf16", Set.of("f32", "bf16"))
                    .toUpperCase(java.util.Locale.ROOT)));
    sampling.done();
    top.done();
    return config;
  }

  private static Start start(Section top) {
    if (top.has("model") == top.has("scratch")) {
      throw top.bad("model", "or scratch is needed, and not both");
    }
    if (top.has("model")) {
      return new Start.Model(Path.of(top.text("model")));
    }
    Section s = top.section("scratch");
    Start.Scratch scratch =
        new Start.Scratch(
            (int) s.integer("hidden-size", 192, 8, 1 << 16),
            (int) s.integer("intermediate-size", 512, 8, 1 << 18),
            (int) s.integer("layers", 6, 1, 1024),
            (int) s.integer("heads", 6, 1, 1024),
            (int) s.integer("kv-heads", 2, 1, 1024),
            (int) s.integer("vocab-size", 2048, 260, 1 << 20),
            (int) s.integer("positions", 512, 2, 1 << 24));
    if (scratch.hiddenSize() % (2 * scratch.heads()) != 0
        || scratch.heads() % scratch.kvHeads() != 0) {
      throw s.bad(
          "heads", "must be a multiple of kv-heads, and hidden-size a multiple of twice the heads");
    }
    s.done();
    return scratch;
  }

  private static Length length(Section top) {
    if (top.has("steps") == top.has("epochs")) {
      throw top.bad("steps", "or epochs is needed, and not both");
    }
    return top.has("steps")
        ? new Length.Steps(top.count("steps", 1, 1))
        : new Length.Epochs(top.number("epochs", 1, 1e-6, 1e6));
  }

  private static LoraSpec lora(Section s) {
    int rank = (int) s.integer("rank", 8, 1, 4096);
    Set<ProjectionKind> targets = EnumSet.noneOf(ProjectionKind.class);
    for (String name : s.texts("targets", List.of("all-linear"))) {
      targets.addAll(kinds(s, name));
    }
    LoraSpec spec =
        new LoraSpec(
            rank,
            BigDecimal.valueOf(s.number("alpha", 2.0 * rank, 1e-12, 1e12)).stripTrailingZeros(),
            s.number("dropout", 0, 0, 0.99),
            targets,
            s.flag("rslora", false));
    s.done();
    return spec;
  }

  private static Set<ProjectionKind> kinds(Section s, String name) {
    if (name.equals("all-linear")) {
      return EnumSet.allOf(ProjectionKind.class);
    }
    Set<String> names = new TreeSet<>();
    for (ProjectionKind kind : ProjectionKind.values()) {
      String last = kind.moduleName().replaceFirst(".*\\.", "");
      if (last.equals(name)) {
        return EnumSet.of(kind);
      }
      names.add(last);
    }
    throw s.bad("targets", "holds '" + name + "'; known are all-linear and " + names);
  }

  private static OptimizerSpec optimizer(Section s) {
    OptimizerSpec spec;
    if (s.choice("name", "adamw", Set.of("adamw", "sgd")).equals("adamw")) {
      spec =
          new OptimizerSpec.AdamW(
              s.number("beta1", 0.9, 0, 0.999999),
              s.number("beta2", 0.999, 0, 0.99999999),
              s.number("eps", 1e-8, 1e-16, 1),
              s.number("weight-decay", 0.01, 0, 1));
    } else {
      double momentum = s.number("momentum", 0, 0, 0.999999);
      boolean nesterov = s.flag("nesterov", false);
      if (nesterov && momentum == 0) {
        throw s.bad("nesterov", "needs a momentum");
      }
      spec = new OptimizerSpec.Sgd(momentum, nesterov, s.number("weight-decay", 0, 0, 1));
    }
    s.done();
    return spec;
  }

  private static Schedule.Spec schedule(Section s, boolean adapts) {
    Schedule.Spec spec =
        new Schedule.Spec(
            s.number("peak", adapts ? 1e-3 : 3e-4, 1e-12, 1e3),
            s.count("warm-up-steps", 0, 0),
            Schedule.Shape.valueOf(
                s.choice("schedule", "cosine", Set.of("cosine", "linear", "constant"))
                    .toUpperCase(java.util.Locale.ROOT)),
            s.number("floor", 0.1, 0, 1));
    s.done();
    return spec;
  }

  private static List<Path> paths(Section s, String key) {
    List<String> names = s.texts(key, List.of());
    if (names.isEmpty()) {
      throw s.bad(key, "is needed: a file or a list of files");
    }
    return names.stream().map(Path::of).toList();
  }
}
