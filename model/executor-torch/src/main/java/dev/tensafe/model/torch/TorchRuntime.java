package dev.tensafe.model.torch;

import ai.djl.pytorch.jni.JniUtils;
import dev.tensafe.model.shape.ModelException;

/**
 * Process-wide settings of the tensor library, made before its first class is used: no network, no
 * graph specialisation (batch shapes change every step), a fixed number of threads.
 */
public final class TorchRuntime {
  private TorchRuntime() {}

  /**
   * Starts the library, if it does not run yet, and sets its number of threads.
   *
   * @param threads compute threads of one operator
   * @throws ModelException {@code model.runtime} when the native library does not load here
   */
  public static void start(int threads) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
    try {
      ai.djl.engine.Engine.getEngine("PyTorch");
      JniUtils.setNumThreads(threads);
    } catch (RuntimeException | LinkageError e) {
      throw new ModelException(
          "model.runtime",
          "PyTorch's native library does not load on this platform (linux-x86_64 is supported)",
          e);
    }
  }
}
