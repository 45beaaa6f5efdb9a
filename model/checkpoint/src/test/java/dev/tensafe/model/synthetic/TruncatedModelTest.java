package dev.tensafe.model.synthetic;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tensafe.formats.safetensors.DType;
import dev.tensafe.model.files.ModelFiles;
import dev.tensafe.model.tokenizer.TokenizerMatch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TruncatedModelTest {
  @TempDir Path dir;

  @Test
  void theFirstLayersAreThoseOfTheModel() throws IOException {
    Path whole = dir.resolve("whole");
    Path part = dir.resolve("part");
    SyntheticModel.write(whole, SyntheticModel.llama(16, 24, 3, 2, 1, 300, 64), DType.BF16, 3);
    TruncatedModel.write(whole, part, 2);
    try (ModelFiles own = ModelFiles.open(whole, Clock.systemUTC());
        ModelFiles copy = ModelFiles.open(part, Clock.systemUTC())) {
      assertEquals(2, copy.config().layers());
      assertEquals(own.config().vocabSize(), copy.config().vocabSize());
      for (String name : copy.checkpoint().tensors().keySet()) {
        assertEquals(own.checkpoint().map(name), copy.checkpoint().map(name), name);
      }
      assertFalse(
          copy.checkpoint().tensors().keySet().stream().anyMatch(n -> n.contains("layers.2.")));
    }
    assertDoesNotThrow(() -> TokenizerMatch.require(whole, part));
  }

  @Test
  void aNumberOfLayersThatIsNotThereIsRefused() throws IOException {
    Path whole = dir.resolve("whole");
    SyntheticModel.write(whole, SyntheticModel.llama(16, 24, 3, 2, 1, 300, 64), DType.F32, 3);
    for (int layers : new int[] {0, 4}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> TruncatedModel.write(whole, dir.resolve("part"), layers));
    }
  }
}
