package dev.tensafe.training.torch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.tensafe.model.torch.TorchRuntime;
import dev.tensafe.training.TrainingException;
import org.junit.jupiter.api.Test;

class NoMemoryTest {
  @Test
  void whatTheLibrarySaysWithoutMemoryIsAnErrorOfItsOwn() {
    TorchRuntime.start(1);
    try (NDManager m = NDManager.newBaseManager()) {
      // 256 TiB: more than an address space holds
      EngineException e =
          assertThrows(
              EngineException.class, () -> m.create(new Shape(1L << 46), DataType.FLOAT32));
      RuntimeException failure = Tensors.failure(e);
      assertEquals(TrainingException.class, failure.getClass(), e.getMessage());
      assertEquals("train.memory", ((TrainingException) failure).code());
      EngineException other = new EngineException("shapes differ");
      assertEquals(other, Tensors.failure(other));
    }
  }
}
