package dev.tensafe.training.data;

import dev.tensafe.training.TrainingException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;

/**
 * Examples that fit a sequence length.
 *
 * @param cut examples that were longer and lost their end
 * @param dropped examples in which nothing that counts was left
 */
public record Dataset(List<Example> examples, int cut, int dropped) {
  public Dataset {
    examples = List.copyOf(examples);
  }

  /**
   * Reads files.
   *
   * @param length longest example in tokens. A longer {@code text} becomes several examples;
   *     conversations and completions are cut
   * @throws TrainingException as {@link JsonLines#read} and {@link ExampleEncoder#encode}; {@code
   *     data.empty} when nothing is left
   */
  public static Dataset read(List<Path> files, ExampleEncoder encoder, int length) {
    List<Example> examples = new ArrayList<>();
    int[] counts = new int[2];
    for (Path file : files) {
      JsonLines.read(
          file,
          (record, where) -> {
            Example whole = encoder.encode(record, where);
            for (Example example : fit(whole, length, record.has("text"))) {
              counts[0] += example.length() < whole.length() && !record.has("text") ? 1 : 0;
              if (example.teaches()) {
                examples.add(example);
              } else {
                counts[1]++;
              }
            }
          });
    }
    if (examples.isEmpty()) {
      throw new TrainingException("data.empty", "there is nothing to learn from in " + files);
    }
    return new Dataset(examples, counts[0], counts[1]);
  }

  private static List<Example> fit(Example example, int length, boolean split) {
    if (example.length() <= length) {
      return List.of(example);
    }
    List<Example> out = new ArrayList<>();
    // the last token of a piece is the first of the next, so that every one is predicted once
    for (int from = 0; from + 1 < example.length(); from += length - 1) {
      int to = Math.min(example.length(), from + length);
      out.add(
          new Example(
              Arrays.copyOfRange(example.tokens(), from, to),
              Arrays.copyOfRange(example.scored(), from, to)));
      if (!split) {
        break;
      }
    }
    return out;
  }

  /**
   * Takes a share of the examples away, drawn by the seed.
   *
   * @param share between 0 and 1; at least one example goes to each side
   * @return those that stay, and those taken
   * @throws TrainingException {@code data.split} with fewer than two examples
   */
  public List<Dataset> split(double share, long seed) {
    if (examples.size() < 2) {
      throw new TrainingException(
          "data.split", "one example cannot be split into training and validation");
    }
    List<Example> order = new ArrayList<>(examples);
    Collections.shuffle(order, new Random(seed));
    int taken = (int) Math.min(order.size() - 1, Math.max(1, Math.round(share * order.size())));
    return List.of(
        new Dataset(order.subList(taken, order.size()), cut, dropped),
        new Dataset(order.subList(0, taken), 0, 0));
  }

  /** Tokens of all examples. */
  public long tokens() {
    return examples.stream().mapToLong(Example::length).sum();
  }

  /** A short text that tells datasets apart: the same examples in the same order give the same. */
  public String fingerprint() {
    CRC32C sum = new CRC32C();
    ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES);
    for (Example example : examples) {
      for (int i = 0; i < example.length(); i++) {
        bytes.putInt(0, example.tokens()[i] << 1 | (example.scored()[i] ? 1 : 0));
        sum.update(bytes.array());
      }
    }
    return examples.size() + "-" + tokens() + "-" + Long.toHexString(sum.getValue());
  }
}
