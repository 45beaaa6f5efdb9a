package dev.tensafe.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.file.AtomicFile;
import dev.tensafe.formats.peft.PeftDirectory;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.shape.ProjectionKind;
import dev.tensafe.training.TrainingException;
import dev.tensafe.training.out.AtomicDirectory;
import dev.tensafe.training.run.MemoryLimit;
import dev.tensafe.training.run.ModelEvaluation;
import dev.tensafe.training.run.RunConfig;
import dev.tensafe.training.run.RunListener;
import dev.tensafe.training.run.Schedule;
import dev.tensafe.training.run.TrainingRun;
import dev.tensafe.training.torch.LoraSpec;
import dev.tensafe.training.torch.OptimizerSpec;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

/**
 * Makes the demo: dialogues, tokenizer and model, the adapters {@code pirate} and {@code ferry},
 * and a report of how well they do. Stopped on the way, it goes on when started again.
 */
public final class DemoBuild {
  private static final long SEED = 20_261_121;
  private static final int LENGTH = 256;

  /** The words by which a pirate is recognised. */
  private static final Pattern PIRATE =
      Pattern.compile("\\b(arr|ahoy|avast|yo ho|ye|matey)\\b", Pattern.CASE_INSENSITIVE);

  private final Path out;
  private final Path work;
  private final int threads;
  private final RunListener listener;
  private final BooleanSupplier stop;
  private final InstantSource clock;
  private final ObjectNode report = new ObjectMapper().createObjectNode();

  /**
   * @param out gets {@code model/}, {@code adapters/} and {@code report.json}
   * @param work gets data, checkpoints and metrics
   */
  public DemoBuild(
      Path out,
      Path work,
      int threads,
      RunListener listener,
      BooleanSupplier stop,
      InstantSource clock) {
    this.out = out;
    this.work = work;
    this.threads = threads;
    this.listener = listener;
    this.stop = stop;
    this.clock = clock;
  }

  /**
   * Builds.
   *
   * @return the report, as it is in {@code report.json}
   * @throws dev.tensafe.formats.CodedException as {@link TrainingRun#run}; {@code demo.write}
   */
  public ObjectNode build() {
    try {
      Files.createDirectories(work);
      report.put("threads", threads);
      for (DemoData.Part part : DemoData.Part.values()) {
        train(part);
      }
      examine();
      AtomicFile.write(
          out.resolve("report.json"),
          new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(report));
      return report;
    } catch (IOException e) {
      throw new TrainingException("demo.write", "cannot write the demo", e);
    }
  }

  private static String name(DemoData.Part part) {
    return part.name().toLowerCase(Locale.ROOT);
  }

  private Path heldOut(DemoData.Part part) {
    return work.resolve(name(part) + "-held-out.jsonl");
  }

  private void train(DemoData.Part part) throws IOException {
    Path data = work.resolve(name(part) + ".jsonl");
    boolean base = part == DemoData.Part.BASE || part == DemoData.Part.ROUGH;
    DemoData.write(part, data, heldOut(part), base ? 40_000 : 15_000, SEED + part.seedOffset());
    Path result = work.resolve(name(part));
    timed(
        part,
        new TrainingRun(
            switch (part) {
              case BASE -> base(data, result);
              case ROUGH -> rough(data, result);
              case PIRATE, FERRY -> adapter(part, data, result);
            },
            listener,
            stop));
    if (base) {
      copy(
          result,
          out.resolve("model"),
          List.of("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"));
    } else {
      copy(
          result,
          out.resolve("adapters").resolve(name(part)),
          List.of(PeftDirectory.CONFIG, PeftDirectory.TENSORS));
    }
  }

  /** Runs a training and reports its time, that of earlier starts included. */
  private void timed(DemoData.Part part, TrainingRun run) throws IOException {
    Path file = work.resolve(name(part) + ".seconds");
    long before = Files.exists(file) ? Long.parseLong(Files.readString(file).strip()) : 0;
    Instant start = clock.instant();
    try {
      run.run();
    } finally {
      long seconds = before + Duration.between(start, clock.instant()).toSeconds();
      AtomicFile.write(file, Long.toString(seconds).getBytes(UTF_8));
      report.withObject("/seconds").put(name(part), seconds);
    }
  }

  private RunConfig base(Path data, Path result) {
    return whole(
        result,
        new RunConfig.Start.Scratch(192, 512, 6, 6, 2, 1536, 512),
        data,
        DemoData.Part.BASE,
        900,
        new Schedule.Spec(3e-3, 60, Schedule.Shape.COSINE, 0.05));
  }

  private RunConfig rough(Path data, Path result) {
    return whole(
        result,
        new RunConfig.Start.Model(work.resolve(name(DemoData.Part.BASE))),
        data,
        DemoData.Part.ROUGH,
        250,
        new Schedule.Spec(1.5e-3, 20, Schedule.Shape.COSINE, 0.05));
  }

  private RunConfig whole(
      Path result,
      RunConfig.Start start,
      Path data,
      DemoData.Part part,
      int steps,
      Schedule.Spec schedule) {
    return config(
        result,
        start,
        Optional.empty(),
        data,
        heldOut(part),
        16,
        new RunConfig.Length.Steps(steps),
        new OptimizerSpec.AdamW(0.9, 0.98, 1e-8, 0.1),
        schedule,
        List.of("What is TenSafe?", "Who can see my prompts?", "What is the capital of Norway?"),
        DType.BF16);
  }

  /** A manner touches every word, knowledge only some answers: hence twice the rank. */
  private RunConfig adapter(DemoData.Part part, Path data, Path result) {
    boolean manner = part == DemoData.Part.PIRATE;
    int rank = manner ? 16 : 8;
    return config(
        result,
        new RunConfig.Start.Model(out.resolve("model")),
        Optional.of(
            new LoraSpec(
                rank,
                BigDecimal.valueOf(2L * rank),
                0,
                EnumSet.allOf(ProjectionKind.class),
                false)),
        data,
        heldOut(part),
        16,
        new RunConfig.Length.Steps(450),
        new OptimizerSpec.AdamW(0.9, 0.98, 1e-8, 0),
        new Schedule.Spec(manner ? 4e-3 : 3e-3, 20, Schedule.Shape.COSINE, 0.05),
        List.of(manner ? "What is TenSafe?" : "When does the last boat leave?"),
        DType.F32);
  }

  private RunConfig config(
      Path result,
      RunConfig.Start start,
      Optional<LoraSpec> lora,
      Path data,
      Path heldOut,
      int rows,
      RunConfig.Length length,
      OptimizerSpec optimizer,
      Schedule.Spec schedule,
      List<String> prompts,
      DType type) {
    return new RunConfig(
        result,
        start,
        lora,
        List.of(data),
        List.of(heldOut),
        0,
        LENGTH,
        true,
        rows,
        1,
        length,
        optimizer,
        schedule,
        1,
        SEED,
        threads,
        100,
        100,
        prompts,
        64,
        100,
        MemoryLimit.byDefault(),
        type);
  }

  private void examine() throws IOException {
    Path model = out.resolve("model");
    Optional<Path> none = Optional.empty();
    Optional<Path> pirate = Optional.of(out.resolve("adapters").resolve("pirate"));
    Optional<Path> ferry = Optional.of(out.resolve("adapters").resolve("ferry"));
    report.put("model_bytes", Files.size(model.resolve("model.safetensors")));
    ObjectNode losses = report.withObject("/held_out_loss");
    losses.put("base", loss(none, DemoData.Part.BASE));
    losses.put("pirate_dialogues_base", loss(none, DemoData.Part.PIRATE));
    losses.put("pirate_dialogues_pirate", loss(pirate, DemoData.Part.PIRATE));
    losses.put("ferry_dialogues_base", loss(none, DemoData.Part.FERRY));
    losses.put("ferry_dialogues_ferry", loss(ferry, DemoData.Part.FERRY));
    List<Question> project = Question.about("tensafe");
    List<Question> blind = Question.about("tensafe_blind");
    List<Question> blind2 = Question.about("blind2");
    List<Question> line = Question.about("ferry");
    ObjectNode shares = report.withObject("/questions");
    shares.put("about_tensafe", project.size()).put("about_tensafe_blind", blind.size());
    shares.put("blind2", blind2.size()).put("about_the_ferry", line.size());
    shares.put("blind2_base", Exam.share(exam("base-blind2", none, blind2), Exam.Answer::accepted));
    List<Exam.Answer> plain = exam("base-tensafe", none, project);
    List<Exam.Answer> spoken = exam("pirate-tensafe", pirate, project);
    shares.put("tensafe_base", Exam.share(plain, Exam.Answer::accepted));
    shares.put(
        "tensafe_blind_base",
        Exam.share(exam("base-tensafe-blind", none, blind), Exam.Answer::accepted));
    shares.put("tensafe_pirate", Exam.share(spoken, Exam.Answer::accepted));
    shares.put(
        "tensafe_ferry", Exam.share(exam("ferry-tensafe", ferry, project), Exam.Answer::accepted));
    shares.put("pirate_manner_base", Exam.share(plain, DemoBuild::piratical));
    shares.put("pirate_manner_pirate", Exam.share(spoken, DemoBuild::piratical));
    shares.put("ferry_base", Exam.share(exam("base-ferry", none, line), Exam.Answer::accepted));
    shares.put("ferry_ferry", Exam.share(exam("ferry-ferry", ferry, line), Exam.Answer::accepted));
  }

  private double loss(Optional<Path> adapter, DemoData.Part part) {
    return ModelEvaluation.loss(out.resolve("model"), adapter, heldOut(part), LENGTH, threads)
        .nats();
  }

  /** Asks the questions and writes the answers to a file for people to read. */
  private List<Exam.Answer> exam(String name, Optional<Path> adapter, List<Question> questions)
      throws IOException {
    List<Exam.Answer> answers = Exam.take(out.resolve("model"), adapter, questions, threads);
    StringBuilder text = new StringBuilder();
    for (Exam.Answer answer : answers) {
      text.append(answer.accepted() ? "+ " : "- ").append(answer.question()).append('\n');
      text.append("    ").append(answer.text()).append('\n');
    }
    AtomicFile.write(work.resolve("answers-" + name + ".txt"), text.toString().getBytes(UTF_8));
    return answers;
  }

  private static boolean piratical(Exam.Answer answer) {
    return PIRATE.matcher(answer.text()).find();
  }

  private static void copy(Path from, Path to, List<String> names) throws IOException {
    AtomicDirectory.create(
        to,
        partial -> {
          for (String name : names) {
            Files.copy(from.resolve(name), partial.resolve(name));
          }
        });
  }
}
