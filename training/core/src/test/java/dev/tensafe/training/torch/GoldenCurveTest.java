package dev.tensafe.training.torch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.shape.ProjectionKind;
import dev.tensafe.model.tokenizer.Tokenizer;
import dev.tensafe.testkit.Shared;
import dev.tensafe.training.loss.Datum;
import dev.tensafe.training.loss.LossResult;
import dev.tensafe.training.loss.Losses;
import dev.tensafe.training.loss.TokenValues;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A run on a real model with a fixed seed and one thread: the same to the bit each time on one
 * machine, and within rounding the curve that was kept.
 */
class GoldenCurveTest {
  private static final String TEXT =
      "The fox who counted boats lived by the harbour. Every morning she counted ten boats with"
          + " red sails, and every evening she counted them again. One day there were only nine."
          + " She swam out to the island, found the tenth boat asleep on the sand, and sang to it"
          + " until it woke. Since then the fox counts to eleven, for she counts herself.";

  @Test
  void lossesOfARealRunAreThoseThatWereKept() throws Exception {
    Path directory = Shared.path("models/stories260K-hf-f32");
    double[] first = run(directory);
    assertArrayEquals(first, run(directory), "two runs of one machine");
    double[] kept = kept();
    System.out.println("GoldenCurveTest " + Arrays.toString(first));
    assertEquals(kept.length, first.length);
    for (int step = 0; step < kept.length; step++) {
      assertEquals(kept[step], first[step], 1e-4, "step " + step);
    }
    assertTrue(first[first.length - 1] < first[0] / 2);
  }

  private static double[] kept() throws Exception {
    try (InputStream in = GoldenCurveTest.class.getResourceAsStream("golden-curve.txt")) {
      return new String(in.readAllBytes(), UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .mapToDouble(Double::parseDouble)
          .toArray();
    }
  }

  /** Mean loss of each of 40 steps. */
  private static double[] run(Path directory) {
    double[] out = new double[40];
    try (Tokenizer tokenizer = Tokenizer.load(directory);
        ModelFiles files = ModelFiles.open(directory, Clock.systemUTC());
        FrozenModel model =
            FrozenModel.open(
                files.config(),
                new CheckpointWeights(files.checkpoint()),
                new PassOptions(4, 0),
                1);
        LoraTrainee trainee =
            model.trainee(
                new LoraSpec(
                    8, BigDecimal.valueOf(16), 0.05, EnumSet.allOf(ProjectionKind.class), false),
                20_261_128)) {
      int[] tokens = tokenizer.encode(TEXT, true);
      Random random = new Random(22);
      for (int step = 0; step < out.length; step++) {
        List<Datum> data = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
          int from = random.nextInt(tokens.length - 40);
          int[] piece = Arrays.copyOfRange(tokens, from, from + 24 + random.nextInt(16));
          data.add(
              new Datum(
                  Arrays.copyOf(piece, piece.length - 1),
                  Map.of(
                      Datum.TARGETS,
                      new TokenValues.Integers(
                          Arrays.stream(piece).skip(1).asLongStream().toArray()))));
        }
        LossResult result =
            trainee.forwardBackward(data, Losses.all().named("cross_entropy"), Map.of());
        double count = result.metrics().get("tokens");
        out[step] = result.sum() / count;
        trainee.step(
            new OptimizerSpec.AdamW(0.9, 0.95, 1e-8, 0.01), 0.003, 1 / count, 1, Optional.empty());
      }
    }
    return out;
  }
}
