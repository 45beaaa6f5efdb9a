package dev.tensafe.training.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import dev.tensafe.model.torch.TorchRuntime;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Masks have the share that is asked for, without a pattern, and are the same for a seed. */
class DropoutMasksTest {
  @Test
  void elementsAreLeftOutIndependentlyWithTheShareAskedFor() {
    TorchRuntime.start(1);
    long seed = new Random().nextLong();
    System.out.println("DropoutMasksTest seed " + seed);
    try (PtNDManager m = (PtNDManager) NDManager.newBaseManager()) {
      for (double share : new double[] {0.05, 0.3, 0.9}) {
        DropoutMasks masks = new DropoutMasks(share);
        assertEquals(share, masks.share(), 1.0 / (1 << 17));
        int n = 400_001;
        boolean[] lost = masks.draw(m, new Shape(n), seed).toBooleanArray();
        assertEquals(n, lost.length);
        double p = masks.share();
        for (int lag : new int[] {0, 1, 2, 3, 4, 64, 577}) {
          int both = 0;
          for (int i = lag; i < n; i++) {
            both += lost[i] && lost[i - lag] ? 1 : 0;
          }
          double expected = (n - lag) * (lag == 0 ? p : p * p);
          // pairs overlap, so their variance is up to three times that of as many coins
          double deviation = Math.sqrt((lag == 0 ? 1 : 3) * expected);
          assertEquals(expected, both, 6 * deviation, share + " at lag " + lag);
        }
        assertArrayEquals(lost, masks.draw(m, new Shape(n), seed).toBooleanArray());
        assertFalse(Arrays.equals(lost, masks.draw(m, new Shape(n), seed + 1).toBooleanArray()));
      }
      assertTrue(new DropoutMasks(0.999_999).share() < 1);
    }
  }
}
