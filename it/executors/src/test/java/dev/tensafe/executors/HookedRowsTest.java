package dev.tensafe.executors;

import static dev.tensafe.model.exec.SequenceInput.LogitRows.LAST;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ExecutorOptions.Format;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a hook sees and changes. */
class HookedRowsTest {
  @ParameterizedTest
  @EnumSource(Kind.class)
  void hooksSeeEveryGroupAndChangeOnlyTheirOwnSequences(Kind kind, @TempDir Path dir)
      throws IOException {
    LoadedModel.write(dir, "{}", DType.F32);
    try (LoadedModel model = LoadedModel.open(dir, kind, new ExecutorOptions(Format.F32, 1), 16)) {
      ModelExecutor executor = model.executor();
      int[] a = {5, 6, 7, 8, 9};
      int[] b = {10, 11};
      int[] c = {12};
      List<SequenceInput> batch =
          List.of(
              new SequenceInput(1, "", SequenceInput.BASE, a, 0, 5, new int[] {0}, LAST),
              new SequenceInput(2, "", SequenceInput.BASE, b, 0, 2, new int[] {1}, LAST),
              new SequenceInput(3, "", SequenceInput.BASE, c, 0, 1, new int[] {2}, LAST));
      float[][] plain = rows(executor.forward(new ForwardBatch(batch), List.of()));
      ScaledHook idle = new ScaledHook(Map.of());
      float[][] same = rows(executor.forward(new ForwardBatch(batch), List.of(idle)));
      for (int i = 0; i < 3; i++) {
        kind.assertRow(plain[i], same[i]);
      }
      assertEquals(3 * (4 + 7), idle.calls.size());
      assertEquals(
          List.of(
              "begin 0 QKV",
              "finish model.layers.0.self_attn.q_proj",
              "finish model.layers.0.self_attn.k_proj",
              "finish model.layers.0.self_attn.v_proj",
              "begin 0 O",
              "finish model.layers.0.self_attn.o_proj",
              "begin 0 GATE_UP",
              "finish model.layers.0.mlp.gate_proj",
              "finish model.layers.0.mlp.up_proj",
              "begin 0 DOWN",
              "finish model.layers.0.mlp.down_proj"),
          idle.calls.subList(0, 11));
      float[][] mixed =
          rows(
              executor.forward(
                  new ForwardBatch(batch), List.of(new ScaledHook(Map.of(2L, 0.05f)))));
      float[][] alone =
          rows(
              executor.forward(
                  new ForwardBatch(batch.subList(1, 2)),
                  List.of(new ScaledHook(Map.of(2L, 0.05f)))));
      double moved = 0;
      kind.assertRow(plain[0], mixed[0]);
      kind.assertRow(plain[2], mixed[2]);
      kind.assertRow(alone[0], mixed[1]);
      for (int v = 0; v < 300; v++) {
        moved = Math.max(moved, Math.abs(plain[1][v] - mixed[1][v]));
      }
      assertTrue(moved > 1e-2, "the hook changed nothing");
    }
  }

  private static float[][] rows(ForwardResult result) {
    float[][] out = new float[result.firstRow().length][result.vocabSize()];
    IntStream.range(0, out.length).forEach(i -> result.row(result.firstRow()[i]).get(out[i]));
    return out;
  }
}
