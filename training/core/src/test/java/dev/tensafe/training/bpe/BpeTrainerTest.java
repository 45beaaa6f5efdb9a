package dev.tensafe.training.bpe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.model.tokenizer.Tokenizer;
import dev.tensafe.training.TrainingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BpeTrainerTest {
  private static final String TEXT =
      "the theme of the thesis is that other theories gather there; they're here, aren't they?\n"
          + "  Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich — 日本語 12345 😀\n";

  @TempDir private Path dir;

  /** Counts all pairs anew for each merge. */
  private static List<BpeTrainer.Merge> naive(List<String> words, int count) {
    List<List<Integer>> tokens = new ArrayList<>();
    for (String word : words) {
      List<Integer> of = new ArrayList<>();
      for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
        of.add(b & 0xff);
      }
      tokens.add(of);
    }
    List<BpeTrainer.Merge> merges = new ArrayList<>();
    while (merges.size() < count) {
      Map<List<Integer>, Long> pairs = new HashMap<>();
      for (List<Integer> word : tokens) {
        for (int i = 0; i + 1 < word.size(); i++) {
          pairs.merge(List.of(word.get(i), word.get(i + 1)), 1L, Long::sum);
        }
      }
      var best =
          pairs.entrySet().stream()
              .max(
                  Comparator.<Map.Entry<List<Integer>, Long>>comparingLong(Map.Entry::getValue)
                      .thenComparing(e -> -e.getKey().get(0))
                      .thenComparing(e -> -e.getKey().get(1)))
              .orElseThrow();
      if (best.getValue() < 2) {
        break;
      }
      int left = best.getKey().get(0);
      int right = best.getKey().get(1);
      for (List<Integer> word : tokens) {
        for (int i = 0; i + 1 < word.size(); i++) {
          if (word.get(i) == left && word.get(i + 1) == right) {
            word.set(i, 256 + merges.size());
            word.remove(i + 1);
          }
        }
      }
      merges.add(new BpeTrainer.Merge(left, right, best.getValue()));
    }
    return merges;
  }

  @Test
  void mergesAreThoseOfCountingEverythingAnew() {
    long seed = new Random().nextLong();
    System.out.println("BpeTrainerTest seed " + seed);
    Random random = new Random(seed);
    List<String> words = new ArrayList<>();
    BpeTrainer trainer = new BpeTrainer();
    for (int w = 0; w < 300; w++) {
      StringBuilder word = new StringBuilder();
      int length = 1 + random.nextInt(9);
      for (int i = 0; i < length; i++) {
        word.append((char) ('a' + random.nextInt(3)));
      }
      words.add(w == 0 ? word.toString() : " " + word);
    }
    trainer.add(String.join("", words));
    assertEquals(naive(words, 120), trainer.train(120));
  }

  @Test
  void theMostFrequentPairComesFirst() {
    BpeTrainer trainer = new BpeTrainer();
    trainer.add("low low low lower lowest newer newer");
    List<BpeTrainer.Merge> merges = trainer.train(2);
    assertEquals(new BpeTrainer.Merge('l', 'o', 5), merges.get(0));
    assertEquals(new BpeTrainer.Merge(256, 'w', 5), merges.get(1));
  }

  @Test
  void theFileIsReadByTheLibraryAndTextComesBackWhole() throws Exception {
    BpeTrainer trainer = new BpeTrainer();
    trainer.add(TEXT.repeat(3));
    List<BpeTrainer.Merge> merges = trainer.train(100);
    TokenizerFiles.write(dir, merges);
    assertEquals(3 + 256 + merges.size(), TokenizerFiles.vocabSize(merges.size()));
    try (Tokenizer tokenizer = Tokenizer.load(dir)) {
      for (String text : List.of(TEXT, "the", "unseen ☃ text\t\n  x", "", "<|im_start|>user")) {
        int[] ids = tokenizer.encode(text, false);
        assertEquals(text, tokenizer.decode(ids, false));
      }
      assertEquals(1, tokenizer.encode(" the", false).length);
      assertTrue(tokenizer.encode(TEXT, false).length < TEXT.length() * 2 / 3);
      assertEquals(2, tokenizer.encode("<|im_end|>", false)[0]);
      assertEquals(1, tokenizer.encode("<|im_end|>", false).length);
      assertEquals(
          TokenizerFiles.vocabSize(merges.size()) - 1,
          tokenizer.encode(last(merges), false)[0],
          "the last merge has the last id");
    }
  }

  private static String last(List<BpeTrainer.Merge> merges) {
    List<byte[]> texts = new ArrayList<>();
    for (int b = 0; b < 256; b++) {
      texts.add(new byte[] {(byte) b});
    }
    for (BpeTrainer.Merge merge : merges) {
      byte[] left = texts.get(merge.left());
      byte[] right = texts.get(merge.right());
      byte[] both = new byte[left.length + right.length];
      System.arraycopy(left, 0, both, 0, left.length);
      System.arraycopy(right, 0, both, left.length, right.length);
      texts.add(both);
    }
    return new String(texts.get(texts.size() - 1), StandardCharsets.UTF_8);
  }

  @Test
  void nothingIsLearntFromNothing() {
    TrainingException e = assertThrows(TrainingException.class, () -> new BpeTrainer().train(9));
    assertEquals("data.empty", e.code());
    BpeTrainer trainer = new BpeTrainer();
    trainer.add("abc");
    assertEquals(List.of(), trainer.train(9));
  }
}
