package dev.tensafe.training.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.training.TrainingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BatchStreamTest {
  private static Dataset dataset(Random random, int count, int longest) {
    List<Example> examples = new ArrayList<>();
    for (int e = 0; e < count; e++) {
      int[] tokens = new int[2 + random.nextInt(longest - 1)];
      boolean[] scored = new boolean[tokens.length];
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = 1000 * e + i;
        scored[i] = i == 1 || random.nextBoolean();
      }
      examples.add(new Example(tokens, scored));
    }
    return new Dataset(examples, 0, 0);
  }

  @Test
  void packingKeepsEveryExampleWholeAndApart() {
    long seed = new Random().nextLong();
    System.out.println("BatchStreamTest seed " + seed);
    Random random = new Random(seed);
    Dataset dataset = dataset(random, 200, 20);
    List<Row> rows = new RowBuilder(48, true).rows(dataset.examples());
    Set<Integer> seen = new HashSet<>();
    long used = 0;
    for (Row row : rows) {
      assertTrue(row.length() <= 48);
      used += row.length();
      for (int i = 0; i < row.length(); i++) {
        int e = row.tokens()[i] / 1000;
        Example example = dataset.examples().get(e);
        assertEquals(row.tokens()[i] % 1000, row.positions()[i]);
        if (row.positions()[i] == 0) {
          assertTrue(seen.add(e));
          for (int k = 0; k < example.length(); k++) {
            assertEquals(example.tokens()[k], row.tokens()[i + k]);
            assertEquals(row.segments()[i], row.segments()[i + k]);
          }
        }
        int next = row.positions()[i] + 1;
        boolean scored = next < example.length() && example.scored()[next];
        assertEquals(scored ? row.tokens()[i] + 1 : Row.IGNORED, row.labels()[i]);
      }
    }
    assertEquals(200, seen.size());
    assertTrue(used > 0.9 * 48 * rows.size(), "rows are " + used + " of " + 48 * rows.size());
    assertEquals(200, new RowBuilder(48, false).rows(dataset.examples()).size());
  }

  @Test
  void paddingIsNeitherSeenNorScored() {
    Dataset dataset = dataset(new Random(1), 2, 9);
    MicroBatch batch =
        MicroBatch.of(
            new RowBuilder(12, false)
                .rows(
                    List.of(
                        dataset.examples().get(0),
                        new Example(new int[] {1, 2}, new boolean[] {true, true}))));
    for (int i = 2; i < batch.length(); i++) {
      assertEquals(-1, batch.segments()[batch.length() + i]);
      assertEquals(Row.IGNORED, batch.labels()[batch.length() + i]);
    }
  }

  @Test
  void theOrderDependsOnSeedAndEpochOnly() {
    Dataset dataset = dataset(new Random(2), 60, 10);
    RowBuilder rows = new RowBuilder(24, true);
    BatchStream a = new BatchStream(dataset, rows, 3, 7);
    int size = a.size();
    List<long[]> two = new ArrayList<>();
    for (int i = 0; i < 2 * size + 3; i++) {
      two.add(a.next().tokens());
    }
    assertFalse(Arrays.equals(two.get(0), two.get(size)), "epochs are shuffled anew");
    int epoch = a.epoch();
    int index = a.index();
    long[] next = a.next().tokens();
    BatchStream b = new BatchStream(dataset, rows, 3, 7);
    b.seek(epoch, index);
    assertArrayEquals(next, b.next().tokens());
    BatchStream other = new BatchStream(dataset, rows, 3, 8);
    assertFalse(Arrays.equals(two.get(0), other.next().tokens()));
  }

  @Test
  void everyExampleComesOnceInAnEpoch() {
    Dataset dataset = dataset(new Random(3), 57, 10);
    BatchStream stream = new BatchStream(dataset, new RowBuilder(24, true), 4, 1);
    Set<Long> first = new HashSet<>();
    for (int i = stream.size(); i > 0; i--) {
      MicroBatch batch = stream.next();
      for (int at = 0; at < batch.tokens().length; at++) {
        if (batch.segments()[at] >= 0 && batch.positions()[at] == 0) {
          assertTrue(first.add(batch.tokens()[at]));
        }
      }
    }
    assertEquals(57, first.size());
  }

  @Test
  void aSplitTakesEachExampleToOneSide() {
    Dataset dataset = dataset(new Random(4), 50, 10);
    List<Dataset> both = dataset.split(0.2, 9);
    assertEquals(40, both.get(0).examples().size());
    assertEquals(10, both.get(1).examples().size());
    Set<Example> all = new HashSet<>(both.get(0).examples());
    all.addAll(both.get(1).examples());
    assertEquals(new HashSet<>(dataset.examples()), all);
    assertEquals(both, dataset.split(0.2, 9));
    Dataset one = new Dataset(dataset.examples().subList(0, 1), 0, 0);
    assertEquals(
        "data.split", assertThrows(TrainingException.class, () -> one.split(0.2, 1)).code());
  }

  @Test
  void fingerprintsTellDataApart() {
    Dataset dataset = dataset(new Random(5), 20, 10);
    Dataset fewer = new Dataset(dataset.examples().subList(0, 19), 0, 0);
    List<Example> changed = new ArrayList<>(dataset.examples());
    boolean[] scored = changed.get(3).scored().clone();
    scored[1] = !scored[1];
    changed.set(3, new Example(changed.get(3).tokens(), scored));
    assertEquals(dataset.fingerprint(), dataset(new Random(5), 20, 10).fingerprint());
    assertFalse(dataset.fingerprint().equals(fewer.fingerprint()));
    assertFalse(dataset.fingerprint().equals(new Dataset(changed, 0, 0).fingerprint()));
  }
}
