package dev.tensafe.executors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.tensafe.model.exec.ExecutorFactory;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import dev.tensafe.model.torch.TorchExecutorFactory;

/** The executors that there are. */
enum Kind {
  NATIVE(new NativeExecutorFactory()),
  TORCH(new TorchExecutorFactory());

  private final ExecutorFactory factory;

  Kind(ExecutorFactory factory) {
    this.factory = factory;
  }

  ExecutorFactory factory() {
    return factory;
  }

  /** The same row, computed beside others: of the native executor to the bit. */
  void assertRow(float[] want, float[] got) {
    if (this == NATIVE) {
      assertArrayEquals(want, got);
    } else {
      assertArrayEquals(want, got, 1e-4f);
    }
  }
}
