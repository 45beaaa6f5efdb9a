package dev.tensafe.model.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.formats.safetensors.Checkpoint;
import dev.tensafe.model.exec.ExecutorFactories;
import dev.tensafe.model.exec.ExecutorFactory;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.model.exec.ModelExecutor;
import dev.tensafe.model.shape.ModelConfig;
import dev.tensafe.model.shape.ModelException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExecutorFactoriesTest {
  /** A kind of executor that is only named here. */
  private record Named(String name) implements ExecutorFactory {
    @Override
    public String describe() {
      return "on " + name;
    }

    @Override
    public ModelExecutor create(
        ModelConfig config, Checkpoint checkpoint, ExecutorOptions options) {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  void anExecutorIsChosenByName() {
    ExecutorFactory second = new Named("b");
    ExecutorFactories all = new ExecutorFactories(List.of(new TorchExecutorFactory(), second));
    assertSame(second, all.named("b"));
    assertEquals("torch", all.named("torch").name());
  }

  @Test
  void anUnknownNameIsRefusedWithTheKnownOnes() {
    ExecutorFactories all = new ExecutorFactories(List.of(new Named("a"), new Named("b")));
    ModelException e = assertThrows(ModelException.class, () -> all.named("c"));
    assertEquals("model.unknown_executor", e.code());
    assertTrue(e.getMessage().contains("'c'"), e.getMessage());
    assertTrue(e.getMessage().contains("a (on a), b (on b)"), e.getMessage());
  }

  @Test
  void twoOfOneNameAreAMistake() {
    List<ExecutorFactory> twice = List.of(new Named("a"), new Named("a"));
    assertThrows(IllegalArgumentException.class, () -> new ExecutorFactories(twice));
    assertThrows(IllegalArgumentException.class, () -> new ExecutorFactories(List.of()));
  }
}
