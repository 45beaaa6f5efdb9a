package dev.tensafe.server.assembly;

import dev.tensafe.model.exec.ExecutorFactories;
import dev.tensafe.model.nativeexec.NativeExecutorFactory;
import dev.tensafe.model.torch.TorchExecutorFactory;
import java.util.List;

/** What this server can run models with. The one place that names implementations. */
public final class InstalledExecutors {
  private InstalledExecutors() {}

  /** All of them, the default first. */
  public static ExecutorFactories all() {
    return new ExecutorFactories(List.of(new NativeExecutorFactory(), new TorchExecutorFactory()));
  }
}
