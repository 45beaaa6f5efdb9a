package dev.tensafe.server.train;

import dev.tensafe.batching.engine.Ticker;
import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.server.assembly.CacheSizing;
import dev.tensafe.server.assembly.InstalledExecutors;
import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.testkit.Shared;
import dev.tensafe.training.torch.PassOptions;
import dev.tensafe.tssp.verify.DigestCache;
import dev.tensafe.tuning.queue.JobLimits;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Training services over the tiny real model. */
final class TrainServers {
  private TrainServers() {}

  static TrainSettings settings(Path state, @Nullable Path keys, @Nullable Path recipients) {
    return new TrainSettings(
        Shared.path("models/stories260K-hf-f32"),
        new ServerConfig(
            "127.0.0.1",
            0,
            "tiny",
            keys,
            4 << 20,
            1L << 30,
            60,
            0,
            5,
            false,
            List.of(),
            null,
            null),
        state,
        Optional.ofNullable(recipients),
        () -> null,
        DigestCache.none(),
        new ExecutorOptions(ExecutorOptions.Format.F32, 1),
        new CacheSizing(32, OptionalInt.empty(), 16, 128, 48, 65_536),
        64L << 20,
        new PassOptions(4, 0, false),
        1,
        new JobLimits(6, 3, 8, 8L << 20),
        64,
        3,
        4,
        8L << 20);
  }

  static TrainServer start(TrainSettings settings) {
    return TrainServer.load(settings, InstalledExecutors.all(), Ticker.system(), Clock.systemUTC());
  }
}
