package dev.tensafe.executors;

import dev.tensafe.formats.CodedException;
import dev.tensafe.lora.weights.LoraHook;
import dev.tensafe.model.exec.ForwardHook;
import dev.tensafe.nativelib.lora.LowRankAdapter;
import dev.tensafe.nativelib.lora.LowRankAdapter.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A program that prints a hash of the native executor's logits, for each format of numbers: long
 * prompts in chunks, adapters, and numbers at the edges. Two sets of kernels that print the same
 * give the same bits.
 */
final class Digest {
  private static final int LENGTH = 330;

  private Digest() {}

  /**
   * @param args the model's directory, and a seed
   */
  public static void main(String[] args) throws Exception {
    try {
      for (Numbers numbers : Numbers.values()) {
        System.out.println(numbers + " " + of(Path.of(args[0]), numbers, Long.parseLong(args[1])));
      }
    } catch (CodedException e) {
      System.out.println(e.code());
    }
  }

  static String of(Path dir, Numbers numbers, long seed)
      throws IOException, NoSuchAlgorithmException {
    Random random = new Random(seed);
    int blocksEach = Sequence.blocksOf(LENGTH);
    MessageDigest hash = MessageDigest.getInstance("SHA-256");
    try (LoadedModel model =
            LoadedModel.open(dir, Kind.NATIVE, numbers.options(1), 4 * blocksEach);
        LowRankAdapter wide = RandomAdapter.of(model.config(), 5, 1, ElementType.F32, random);
        LowRankAdapter narrow = RandomAdapter.of(model.config(), 16, 2, ElementType.BF16, random)) {
      List<Sequence> all = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        int[] tokens = random.ints(LENGTH - 100 * i, 0, LoadedModel.VOCAB).toArray();
        int[] blocks = random.ints(0, blocksEach).distinct().limit(blocksEach).toArray();
        for (int b = 0; b < blocks.length; b++) {
          blocks[b] += i * blocksEach;
        }
        all.add(new Sequence(i, i % 3, tokens, blocks));
      }
      List<ForwardHook> adapters = List.of(new LoraHook(Map.of(1L, wide, 2L, narrow)::get));
      while (all.get(0).left() > 0) {
        int chunk = 1 + random.nextInt(90);
        List<Sequence> active = all.stream().filter(s -> s.left() > 0).toList();
        Sequence.step(model.executor(), active, s -> Math.min(s.left(), chunk), adapters);
      }
      all.forEach(s -> add(hash, s));
      Sequence last = all.get(3);
      for (float value : SpecialNumbersTest.VALUES) {
        for (int slot = 0; slot < 21; slot += 7) {
          int at = slot;
          last.moveTo(0);
          Sequence.step(
              model.executor(),
              List.of(last),
              Sequence::left,
              List.of(new PokeHook(3, value, 5, p -> p.slot() == at)));
          add(hash, last);
        }
      }
    }
    return HexFormat.of().formatHex(hash.digest());
  }

  private static void add(MessageDigest hash, Sequence s) {
    for (float[] row : s.logits()) {
      ByteBuffer bytes = ByteBuffer.allocate(row.length * Float.BYTES);
      for (float logit : row) {
        // one NaN is as good as another
        bytes.putInt(Float.floatToIntBits(logit));
      }
      hash.update(bytes.array());
    }
  }
}
