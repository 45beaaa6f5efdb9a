package dev.tensafe.model.synthetic;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.formats.safetensors.SafetensorsWriter;
import dev.tensafe.model.config.ModelConfigReader;
import dev.tensafe.model.shape.CheckpointLayout;
import dev.tensafe.model.shape.ModelConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes a complete model directory with random weights: configuration, byte-level tokenizer, chat
 * template and checkpoint. The same arguments give the same bytes. It generates noise, not
 * language.
 */
public final class SyntheticModel {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int CHUNK_VALUES = 1 << 16;
  private static final Pattern ADDING =
      Pattern.compile("model\\.layers\\.(\\d+)\\..*(o_proj|down_proj)\\.weight");

  private SyntheticModel() {}

  /** The 135M shape of SmolLM-135M: 30 layers, hidden 576, 9 heads over 3, vocabulary 49152. */
  public static ObjectNode shape135m() {
    return llama(576, 1536, 30, 9, 3, 49_152, 2048);
  }

  /** The 1.1B shape of TinyLlama: 22 layers, hidden 2048, 32 heads over 4, vocabulary 32000. */
  public static ObjectNode shape1b1() {
    return llama(2048, 5632, 22, 32, 4, 32_000, 2048).put("tie_word_embeddings", false);
  }

  /** A Llama {@code config.json} with tied embeddings, to be changed before {@link #write}. */
  public static ObjectNode llama(
      int hidden, int intermediate, int layers, int heads, int kvHeads, int vocab, int positions) {
    ObjectNode config = MAPPER.createObjectNode();
    config.putArray("architectures").add("LlamaForCausalLM");
    return config
        .put("model_type", "llama")
        .put("hidden_act", "silu")
        .put("hidden_size", hidden)
        .put("intermediate_size", intermediate)
        .put("num_hidden_layers", layers)
        .put("num_attention_heads", heads)
        .put("num_key_value_heads", kvHeads)
        .put("vocab_size", vocab)
        .put("max_position_embeddings", positions)
        .put("rms_norm_eps", 1e-5)
        .put("rope_theta", 10_000.0)
        .put("tie_word_embeddings", true)
        .put("bos_token_id", ByteTokenizer.BOS)
        .put("eos_token_id", ByteTokenizer.END_OF_TURN);
  }

  /**
   * Writes the model.
   *
   * @param directory is created; must not hold a checkpoint yet
   * @param dtype F32, F16 or BF16
   * @throws IOException when a file cannot be written
   */
  public static void write(Path directory, ObjectNode config, DType dtype, long seed)
      throws IOException {
    write(directory, config, dtype, seed, 1);
  }

  /**
   * As above, of layers that change less and less, as those of trained models do: so its first
   * layers say much of what it says.
   *
   * @param fading what each layer adds, as a share of what the one before it does; 1 for all alike
   */
  public static void write(Path directory, ObjectNode config, DType dtype, long seed, double fading)
      throws IOException {
    Files.createDirectories(directory);
    Files.writeString(
        directory.resolve("config.json"),
        MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(config));
    ModelConfig parsed = ModelConfigReader.read(directory);
    ByteTokenizer.write(directory, parsed.vocabSize());
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    Random random = new Random(seed);
    CheckpointLayout.expected(parsed)
        .forEach(
            (name, shape) ->
                entries.add(entry(name, shape, dtype, random.nextLong(), share(name, fading))));
    SafetensorsWriter.write(
        directory.resolve("model.safetensors"), Map.of("format", "pt"), entries);
  }

  /** What a projection that adds to the residual stream has of its usual size. */
  private static double share(String name, double fading) {
    Matcher layer = ADDING.matcher(name);
    return layer.matches() ? Math.pow(fading, Integer.parseInt(layer.group(1))) : 1;
  }

  private static SafetensorsWriter.Entry entry(
      String name, List<Long> shape, DType dtype, long seed, double share) {
    long count = shape.stream().reduce(1L, Math::multiplyExact);
    boolean norm = name.endsWith("norm.weight");
    double scale = share / Math.sqrt(shape.get(shape.size() - 1));
    return new SafetensorsWriter.Entry(
        name, dtype, shape, out -> fill(out, count, dtype, new Random(seed), norm, scale));
  }

  private static void fill(
      WritableByteChannel out, long count, DType dtype, Random random, boolean norm, double scale)
      throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(CHUNK_VALUES * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (long done = 0; done < count; ) {
      int n = (int) Math.min(CHUNK_VALUES, count - done);
      bytes.clear();
      for (int i = 0; i < n; i++) {
        double noise = random.nextGaussian();
        put(bytes, dtype, (float) (norm ? 1 + 0.1 * noise : scale * noise));
      }
      bytes.flip();
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      done += n;
    }
  }

  private static void put(ByteBuffer bytes, DType dtype, float value) {
    switch (dtype) {
      case F32 -> bytes.putFloat(value);
      case BF16 -> bytes.putShort((short) (Float.floatToIntBits(value) >>> 16));
      case F16 -> bytes.putShort(half(value));
      default -> throw new IllegalArgumentException("no synthetic weights in " + dtype);
    }
  }

  /** IEEE 754 binary16 by truncation; values here are far from its limits. */
  private static short half(float value) {
    int bits = Float.floatToIntBits(value);
    int exponent = ((bits >>> 23) & 0xff) - 127 + 15;
    int sign = (bits >>> 16) & 0x8000;
    return exponent <= 0
        ? (short) sign
        : (short) (sign | (exponent << 10) | ((bits >>> 13) & 0x3ff));
  }
}
