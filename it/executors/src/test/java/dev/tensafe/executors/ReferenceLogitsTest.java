package dev.tensafe.executors;

import static dev.tensafe.model.exec.SequenceInput.LogitRows.ALL;
import static dev.tensafe.model.exec.SequenceInput.LogitRows.LAST;
import static dev.tensafe.model.exec.SequenceInput.LogitRows.NONE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ExecutorOptions.Format;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every executor against a plain double-precision decoder, over what configurations vary. */
class ReferenceLogitsTest {
  private static final List<String> SHAPES =
      List.of(
          "F32|F32|1e-4|{}",
          "F16|F32|1e-4|{'tie_word_embeddings':false}",
          "BF16|F32|1e-4|{'rope_theta':500000.0}",
          "BF16|BF16|0.15|{}",
          "F32|F32|1e-4|{'attention_bias':true,'mlp_bias':true,'head_dim':10}",
          "F32|F32|1e-4|{'architectures':['MistralForCausalLM'],'sliding_window':5}",
          "F32|F32|1e-4|{'architectures':['Qwen2ForCausalLM'],'use_sliding_window':true,"
              + "'sliding_window':7,'max_window_layers':2}",
          "F32|F32|1e-4|{'architectures':['Qwen3ForCausalLM'],'head_dim':16,'attention_bias':true}",
          "F32|F32|1e-4|{'architectures':['Qwen3ForCausalLM'],'use_sliding_window':true,"
              + "'sliding_window':4,"
              + "'layer_types':['full_attention','sliding_attention','full_attention']}",
          "F32|F32|1e-4|{'rope_scaling':{'rope_type':'linear','factor':2.0}}",
          "F32|F32|1e-4|{'rope_scaling':{'type':'dynamic','factor':2.0},"
              + "'max_position_embeddings':20}",
          "F32|F32|1e-4|{'rope_parameters':{'rope_type':'llama3','rope_theta':10000.0,"
              + "'factor':8.0,'low_freq_factor':1.0,'high_freq_factor':4.0,"
              + "'original_max_position_embeddings':32}}",
          "F32|F32|1e-4|{'rope_scaling':{'rope_type':'yarn','factor':4.0,"
              + "'original_max_position_embeddings':32}}",
          // head sizes, shares of a key/value head, sizes that fill no panel
          "F32|F32|1e-4|{'head_dim':8,'num_attention_heads':8,'num_key_value_heads':8}",
          "F32|F32|1e-4|{'head_dim':64,'num_attention_heads':3,'num_key_value_heads':1}",
          "F32|F32|1e-4|{'head_dim':80,'num_attention_heads':8,'num_key_value_heads':1}",
          "F32|F32|1e-4|{'head_dim':128,'num_attention_heads':2,'num_key_value_heads':2}",
          "F32|F32|1e-4|{'head_dim':256,'num_attention_heads':2,'num_key_value_heads':1}",
          "F32|F32|1e-4|{'head_dim':12,'num_attention_heads':16,'num_key_value_heads':1}",
          "F32|F32|1e-4|{'hidden_size':50,'intermediate_size':33,'head_dim':6}",
          "BF16|BF16|0.15|{'hidden_size':45,'intermediate_size':79,'head_dim':10,"
              + "'num_attention_heads':16,'num_key_value_heads':1,'tie_word_embeddings':false}");

  static Stream<Arguments> shapes() {
    return Stream.of(Kind.values())
        .flatMap(
            kind ->
                SHAPES.stream()
                    .map(s -> s.split("\\|"))
                    .map(
                        s ->
                            Arguments.of(
                                kind,
                                DType.valueOf(s[0]),
                                Format.valueOf(s[1]),
                                Double.parseDouble(s[2]),
                                s[3])));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void logitsAgreeAloneChunkedAndBatched(
      Kind kind, DType stored, Format format, double tolerance, String overrides, @TempDir Path dir)
      throws IOException {
    LoadedModel.write(dir, overrides, stored);
    Random random = new Random(3);
    try (LoadedModel model = LoadedModel.open(dir, kind, new ExecutorOptions(format, 1), 32)) {
      ModelExecutor executor = model.executor();
      ReferenceDecoder reference = new ReferenceDecoder(model.config(), model.checkpoint());
      int[] a = random.ints(37, 0, 300).toArray();
      int[] b = random.ints(21, 0, 300).toArray();
      double[][] wantA = reference.logits(a, 30);
      double[][] wantB = reference.logits(b, 21);
      // a: chunks of 11, 13, 6 and then token by token; b: all at once beside a's second chunk
      int[] blocksA = {9, 3, 7};
      int[] blocksB = {1, 5};
      check(executor, wantA, tolerance, a, 30, blocksA, 0, 11);
      SequenceInput nextA =
          new SequenceInput(1, "", SequenceInput.BASE, slice(a, 11, 24), 11, 30, blocksA, LAST);
      SequenceInput wholeB = new SequenceInput(2, "", SequenceInput.BASE, b, 0, 21, blocksB, ALL);
      ForwardResult both = executor.forward(new ForwardBatch(List.of(nextA, wholeB)), List.of());
      assertClose(wantA[23], both, both.firstRow()[0], tolerance);
      for (int t = 0; t < b.length; t++) {
        assertClose(wantB[t], both, both.firstRow()[1] + t, tolerance);
      }
      ForwardResult silent =
          executor.forward(
              new ForwardBatch(
                  List.of(
                      new SequenceInput(
                          1, "", SequenceInput.BASE, slice(a, 24, 30), 24, 30, blocksA, NONE))),
              List.of());
      assertEquals(0, silent.logits().remaining());
      for (int t = 30; t < a.length; t++) {
        check(executor, wantA, tolerance, a, 30, blocksA, t, t + 1);
      }
    }
  }

  /** Attention adds long contexts in pieces of 256 positions; a window begins anywhere in one. */
  static Stream<Arguments> contexts() {
    return Stream.of(Kind.values())
        .flatMap(
            kind ->
                Stream.of("'sliding_window':null", "'sliding_window':37", "'sliding_window':300")
                    .map(window -> Arguments.of(kind, window)));
  }

  @ParameterizedTest
  @MethodSource("contexts")
  void logitsAgreeInALongContext(Kind kind, String window, @TempDir Path dir) throws IOException {
    String overrides =
        "{'architectures':['MistralForCausalLM'],'num_hidden_layers':2,'hidden_size':20,"
            + "'intermediate_size':24,'num_attention_heads':3,'num_key_value_heads':1,"
            + "'head_dim':10,'max_position_embeddings':2048,"
            + window
            + "}";
    LoadedModel.write(dir, overrides, DType.F32);
    try (LoadedModel model =
        LoadedModel.open(dir, kind, new ExecutorOptions(Format.F32, 2), Sequence.blocksOf(1050))) {
      int[] tokens = new Random(5).ints(1050, 0, 300).toArray();
      double[][] want =
          new ReferenceDecoder(model.config(), model.checkpoint()).logits(tokens, tokens.length);
      Sequence sequence = Sequence.at(0, 1, tokens);
      for (int chunk : new int[] {1, 299, 1, 241, 500, 1, 1, 6}) {
        Sequence.step(model.executor(), List.of(sequence), s -> chunk, List.of());
      }
      for (int t = 0; t < tokens.length; t++) {
        for (int i = 0; i < want[t].length; i++) {
          assertEquals(want[t][i], sequence.logits()[t][i], 1e-4);
        }
      }
    }
  }

  private static void check(
      ModelExecutor executor,
      double[][] want,
      double tolerance,
      int[] tokens,
      int promptLength,
      int[] blocks,
      int from,
      int to) {
    SequenceInput input =
        new SequenceInput(
            1, "", SequenceInput.BASE, slice(tokens, from, to), from, promptLength, blocks, ALL);
    ForwardResult result = executor.forward(new ForwardBatch(List.of(input)), List.of());
    for (int t = from; t < to; t++) {
      assertClose(want[t], result, t - from, tolerance);
    }
  }

  private static int[] slice(int[] tokens, int from, int to) {
    return Arrays.copyOfRange(tokens, from, to);
  }

  private static void assertClose(double[] want, ForwardResult result, int row, double tolerance) {
    float[] got = new float[result.vocabSize()];
    result.row(row).get(got);
    for (int i = 0; i < want.length; i++) {
      assertEquals(want[i], got[i], tolerance);
    }
  }
}
