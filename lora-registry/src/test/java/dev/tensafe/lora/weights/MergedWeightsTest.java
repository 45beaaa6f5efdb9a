package dev.tensafe.lora.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.peft.BaseProjections;
import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.SafetensorsWriter;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ForwardBatch;
import dev.tensafe.model.exec.ForwardResult;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.exec.SequenceInput;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.synthetic.SyntheticModel;
import dev.tensafe.nativelib.lora.LowRankAdapter;
import dev.tensafe.tssp.file.PackageFile;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.keys.SigningKey;
import dev.tensafe.tssp.manifest.Mode;
import dev.tensafe.tssp.manifest.Policy;
import dev.tensafe.tssp.pack.AdapterPacker;
import dev.tensafe.tssp.pack.PackRequest;
import dev.tensafe.tssp.trust.Role;
import dev.tensafe.tssp.trust.SeenVersions;
import dev.tensafe.tssp.trust.TrustDirectory;
import dev.tensafe.tssp.trust.TrustStore;
import dev.tensafe.tssp.trust.TrustedKey;
import dev.tensafe.tssp.verify.PackageVerifier;
import dev.tensafe.tssp.verify.VerifiedPackage;
import dev.tensafe.tssp.verify.VerifyRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Adapters of every form PEFT writes, through packages and hook, beside models whose weights were
 * changed to {@code W + scaling · B·A} before they were loaded. What each form means is written out
 * here once more, by hand.
 */
class MergedWeightsTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int VOCAB = 300;

  @TempDir private Path directory;
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private Path base;

  /** What a form says of one module. */
  private record Meaning(int rank, double scaling) {}

  private interface Form {
    /** Null for a module that is left alone. */
    Meaning of(int layer, String module);
  }

  /** One adapter: its configuration, its files' habits, and what it means. */
  private record Case(String config, DType dtype, String prefix, String suffix, Form form) {}

  private static List<Case> cases() {
    String peft = "base_model.model.";
    return List.of(
        new Case(
            "{'r':4,'lora_alpha':10,'target_modules':['q_proj','v_proj']}",
            DType.F32,
            peft,
            "",
            (layer, m) -> m.matches("[qv]_proj") ? new Meaning(4, 2.5) : null),
        new Case(
            "{'r':3,'lora_alpha':6,'target_modules':'all-linear','use_rslora':true}",
            DType.BF16,
            peft,
            ".default",
            (layer, m) -> new Meaning(3, 6 / Math.sqrt(3))),
        new Case(
            "{'r':5,'lora_alpha':5,'target_modules':'.*\\\\.(gate|up|down)_proj'}",
            DType.F16,
            "",
            "",
            (layer, m) -> m.matches("(gate|up|down)_proj") ? new Meaning(5, 1) : null),
        new Case(
            "{'r':8,'lora_alpha':8,'target_modules':['q_proj','k_proj','o_proj'],"
                + "'rank_pattern':{'k_proj':2,'layers.1.self_attn.q_proj':17},"
                + "'alpha_pattern':{'o_proj':24}}",
            DType.F32,
            peft,
            "",
            (layer, m) ->
                switch (m) {
                  case "q_proj" -> layer == 1 ? new Meaning(17, 8.0 / 17) : new Meaning(8, 1);
                  case "k_proj" -> new Meaning(2, 4);
                  case "o_proj" -> new Meaning(8, 3);
                  default -> null;
                }),
        new Case(
            "{'r':4,'lora_alpha':4,'target_modules':['down_proj','v_proj'],"
                + "'layers_to_transform':[0,2]}",
            DType.F32,
            peft,
            "",
            (layer, m) -> layer != 1 && m.matches("down_proj|v_proj") ? new Meaning(4, 1) : null));
  }

  @Test
  void everyFormOfAdapterGivesTheLogitsOfMergedWeightsAloneAndMixed() throws Exception {
    System.out.println("seed " + seed);
    base = directory.resolve("base");
    ObjectNode shape = SyntheticModel.llama(48, 72, 3, 6, 2, VOCAB, 512);
    SyntheticModel.write(base, shape, DType.F32, 17);
    ModelConfig config = ModelConfigReader.read(base);
    List<Path> packages = new ArrayList<>();
    List<Path> merged = new ArrayList<>();
    RecipientKey host = RecipientKey.generate(new SecureRandom());
    SigningKey owner = SigningKey.generate(new SecureRandom());
    Path trust = directory.resolve("trust");
    new TrustDirectory(trust)
        .add(
            new TrustedKey(
                "owner",
                owner.publicKey(),
                Set.of(Role.ISSUER),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                0));
    for (Case c : cases()) {
      Path peft = directory.resolve("peft-" + packages.size());
      merged.add(write(c, peft));
      packages.add(pack(peft, owner, host, "a" + packages.size()));
    }
    int[][] prompts = new int[cases().size() + 1][];
    double[][][] want = new double[prompts.length][][];
    double[][] plain = null;
    for (int i = 0; i < prompts.length; i++) {
      prompts[i] = random.ints(12 + random.nextInt(20), 0, VOCAB).toArray();
      Path model = i == 0 ? base : merged.get(i - 1);
      want[i] = logits(model, config, prompts[i]);
      plain = logits(base, config, prompts[i]);
      if (i > 0) {
        assertTrue(distance(plain, want[i]) > 0.05, "adapter " + i + " changes nothing");
      }
    }
    Map<Long, LowRankAdapter> adapters = new HashMap<>();
    try (Checkpoint checkpoint = Checkpoint.open(base);
        ModelExecutor executor =
            new NativeExecutorFactory()
                .create(config, checkpoint, new ExecutorOptions(ExecutorOptions.Format.F32, 1))) {
      BaseProjections projections = BaseProjections.of(checkpoint);
      for (int i = 0; i < packages.size(); i++) {
        adapters.put(i + 1L, read(packages.get(i), trust, host, projections, config));
      }
      executor.allocateCache(40);
      LoraHook hook = new LoraHook(adapters::get);
      // all in one step, in chunks of different lengths, in any order
      int[] done = new int[prompts.length];
      for (int remaining = 1; remaining > 0; ) {
        List<SequenceInput> inputs = new ArrayList<>();
        List<Integer> order = new ArrayList<>();
        remaining = 0;
        for (int i = 0; i < prompts.length; i++) {
          order.add(random.nextInt(order.size() + 1), i);
        }
        order.removeIf(i -> done[i] == prompts[i].length);
        for (int i : order) {
          int count = Math.min(prompts[i].length - done[i], 1 + random.nextInt(9));
          int[] run = java.util.Arrays.copyOfRange(prompts[i], done[i], done[i] + count);
          int[] blocks = {4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 3};
          inputs.add(
              new SequenceInput(
                  100 + i,
                  "",
                  i,
                  run,
                  done[i],
                  prompts[i].length,
                  blocks,
                  SequenceInput.LogitRows.ALL));
        }
        if (inputs.isEmpty()) {
          break;
        }
        ForwardResult result = executor.forward(new ForwardBatch(inputs), List.of(hook));
        assertEquals(Map.of(), result.failures());
        float[] row = new float[VOCAB];
        for (int n = 0; n < inputs.size(); n++) {
          int i = order.get(n);
          for (int t = 0; t < inputs.get(n).tokenCount(); t++) {
            result.row(result.firstRow()[n] + t).get(row);
            for (int v = 0; v < VOCAB; v++) {
              assertEquals(want[i][done[i] + t][v], row[v], 2e-3, "adapter " + i);
            }
          }
          done[i] += inputs.get(n).tokenCount();
          remaining += prompts[i].length - done[i];
        }
      }
      // an adapter that nobody computes fails its sequence, and its sequence only
      ForwardResult refused =
          executor.forward(
              new ForwardBatch(
                  List.of(
                      new SequenceInput(
                          1,
                          "",
                          77,
                          new int[] {1},
                          0,
                          1,
                          new int[] {30},
                          SequenceInput.LogitRows.LAST),
                      new SequenceInput(
                          2,
                          "",
                          1,
                          new int[] {1},
                          0,
                          1,
                          new int[] {31},
                          SequenceInput.LogitRows.LAST))),
              List.of(hook));
      assertEquals(Set.of(0), refused.failures().keySet());
      assertTrue(refused.failures().get(0).getMessage().contains("adapter"));
    } finally {
      adapters.values().forEach(LowRankAdapter::close);
    }
  }

  private static double distance(double[][] a, double[][] b) {
    double most = 0;
    for (int t = 0; t < a.length; t++) {
      for (int v = 0; v < VOCAB; v++) {
        most = Math.max(most, Math.abs(a[t][v] - b[t][v]));
      }
    }
    return most;
  }

  private static double[][] logits(Path model, ModelConfig config, int[] prompt) {
    try (Checkpoint checkpoint = Checkpoint.open(model);
        ModelExecutor executor =
            new NativeExecutorFactory()
                .create(config, checkpoint, new ExecutorOptions(ExecutorOptions.Format.F32, 1))) {
      executor.allocateCache(4);
      ForwardResult result =
          executor.forward(
              new ForwardBatch(
                  List.of(
                      new SequenceInput(
                          1,
                          "",
                          SequenceInput.BASE,
                          prompt,
                          0,
                          prompt.length,
                          new int[] {0, 1, 2, 3},
                          SequenceInput.LogitRows.ALL))),
              List.of());
      double[][] out = new double[prompt.length][VOCAB];
      float[] row = new float[VOCAB];
      for (int t = 0; t < prompt.length; t++) {
        result.row(t).get(row);
        for (int v = 0; v < VOCAB; v++) {
          out[t][v] = row[v];
        }
      }
      return out;
    }
  }

  /** Writes a PEFT directory, and returns the model with its product merged in. */
  private Path write(Case c, Path peft) throws IOException {
    Files.createDirectories(peft);
    ObjectNode config = (ObjectNode) MAPPER.readTree(c.config().replace('\'', '"'));
    config.put("peft_type", "LORA").put("bias", "none");
    MAPPER.writeValue(peft.resolve("adapter_config.json").toFile(), config);
    Path merged = peft.resolveSibling(peft.getFileName() + "-merged");
    Files.createDirectories(merged);
    Files.copy(
        base.resolve("config.json"),
        merged.resolve("config.json"),
        StandardCopyOption.REPLACE_EXISTING);
    List<SafetensorsWriter.Entry> adapter = new ArrayList<>();
    List<SafetensorsWriter.Entry> model = new ArrayList<>();
    try (Checkpoint checkpoint = Checkpoint.open(base)) {
      checkpoint
          .tensors()
          .forEach(
              (name, info) -> {
                ByteBuffer bytes =
                    checkpoint.mapRows(name, 0, info.shape().get(0)).order(ByteOrder.LITTLE_ENDIAN);
                float[] weights = new float[(int) info.elements()];
                bytes.asFloatBuffer().get(weights);
                int dot = name.indexOf(".", "model.layers.".length());
                if (name.matches("model\\.layers\\.\\d+\\..*_proj\\.weight")) {
                  int layer = Integer.parseInt(name.substring("model.layers.".length(), dot));
                  String[] parts = name.split("\\.");
                  Meaning meaning = c.form().of(layer, parts[parts.length - 2]);
                  if (meaning != null) {
                    String module = name.substring(0, name.length() - ".weight".length());
                    int out = (int) (long) info.shape().get(0);
                    int in = (int) (long) info.shape().get(1);
                    merge(c, module, meaning, out, in, weights, adapter);
                  }
                }
                model.add(SafetensorsWriter.Entry.ofFloats(name, info.shape(), weights));
              });
    }
    SafetensorsWriter.write(peft.resolve("adapter_model.safetensors"), Map.of(), adapter);
    SafetensorsWriter.write(merged.resolve("model.safetensors"), Map.of(), model);
    return merged;
  }

  private void merge(
      Case c,
      String module,
      Meaning meaning,
      int out,
      int in,
      float[] weights,
      List<SafetensorsWriter.Entry> adapter) {
    float[] a = values(meaning.rank() * in);
    float[] b = values(out * meaning.rank());
    for (int o = 0; o < out; o++) {
      for (int j = 0; j < in; j++) {
        double sum = 0;
        for (int k = 0; k < meaning.rank(); k++) {
          sum += (double) b[o * meaning.rank() + k] * a[k * in + j];
        }
        weights[o * in + j] += (float) (meaning.scaling() * sum);
      }
    }
    adapter.add(entry(c, module + ".lora_A", List.of((long) meaning.rank(), (long) in), a));
    adapter.add(entry(c, module + ".lora_B", List.of((long) out, (long) meaning.rank()), b));
  }

  /** Multiples of 1/128 with few digits: exact in all three types. */
  private float[] values(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (random.nextInt(65) - 32) / 256f;
    }
    return values;
  }

  private static SafetensorsWriter.Entry entry(
      Case c, String name, List<Long> shape, float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * c.dtype().bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      int bits = Float.floatToIntBits(value);
      switch (c.dtype()) {
        case F32 -> bytes.putFloat(value);
        case BF16 -> bytes.putShort((short) (bits >>> 16));
        default ->
            bytes.putShort(
                (short)
                    (value == 0
                        ? 0
                        : bits >>> 16 & 0x8000
                            | ((bits >>> 23 & 0xff) - 112) << 10
                            | bits >>> 13 & 0x3ff));
      }
    }
    bytes.flip();
    return new SafetensorsWriter.Entry(
        c.prefix() + name + c.suffix() + ".weight",
        c.dtype(),
        shape,
        out -> {
          ByteBuffer copy = bytes.duplicate();
          while (copy.hasRemaining()) {
            out.write(copy);
          }
        });
  }

  private Path pack(Path peft, SigningKey owner, RecipientKey host, String name) {
    Path file = directory.resolve(name + ".tssp");
    PackRequest request =
        new PackRequest(
            peft,
            base,
            PackRequest.Binding.WEIGHTS,
            name,
            1,
            Mode.PLAIN,
            List.of(host.publicKey()),
            List.of(),
            Optional.empty(),
            Policy.NONE,
            PackRequest.DEFAULT_PROBES,
            Optional.empty(),
            Map.of());
    new AdapterPacker(InstantSource.system(), new SecureRandom()).pack(request, owner, file);
    return file;
  }

  private static LowRankAdapter read(
      Path file, Path trust, RecipientKey host, BaseProjections projections, ModelConfig config) {
    try (PackageFile opened = PackageFile.open(file)) {
      VerifiedPackage verified =
          new PackageVerifier(TrustStore.open(trust), SeenVersions.none(), InstantSource.system())
              .verify(opened, VerifyRequest.anyModel());
      AdapterShape shape =
          AdapterShape.of(verified.manifest().adapter(), projections, config.layers());
      LowRankAdapter adapter = AdapterReader.read(verified, host, projections, shape);
      assertEquals(shape.bytes(), adapter.bytes());
      return adapter;
    }
  }
}
