package dev.tensafe.he;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.client.HeListener;
import dev.tensafe.he.wire.AdapterMessages;
import dev.tensafe.he.wire.FrameType;
import dev.tensafe.he.wire.Refusal;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An adapter host that prepares no more is served with ciphertexts, and closes no adapter. */
class PadsRefusedTest {
  @TempDir Path directory;
  private final TamperedAnswers host = new TamperedAnswers();

  @Test
  void sequencesUseTheLanesTheyHaveAndThenCiphertexts() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Setting.Options options =
        Setting.Options.of(Setting.config(Profile.FAST, 1L << 28)).connections(host::wrap);
    try (Setting setting = new Setting(directory, options)) {
      List<Setting.Share> one = List.of(new Setting.Share(1, 1));
      assertEquals(Map.of(), setting.step(setting.inputs(1, random), one).failures());
      host.inject(
          FrameType.REFUSED, new AdapterMessages.Refused(1, 0, Refusal.PREPARATION).encode());
      for (int i = 0; i < 40; i++) {
        assertEquals(Map.of(), setting.step(setting.inputs(1, random), one).failures());
      }
      // and a new one beside it
      List<Setting.Share> two = List.of(new Setting.Share(1, 1), new Setting.Share(2, 3));
      assertEquals(Map.of(), setting.step(setting.inputs(4, random), two).failures());
      assertTrue(setting.isReady());
      int groups = setting.inputs(1, random).size();
      Set<String> late = new HashSet<>();
      List<HeListener.Exchange> all = setting.listener.exchanges;
      for (int i = 0; i < all.size(); i++) {
        if (i < 32 * groups) {
          assertEquals("pads", all.get(i).packing(), "step " + i / groups);
        } else {
          late.add(all.get(i).packing());
        }
      }
      assertTrue(!late.contains("pads"), late.toString());
    }
  }
}
