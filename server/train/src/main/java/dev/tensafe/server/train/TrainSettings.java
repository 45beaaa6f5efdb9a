package dev.tensafe.server.train;

import dev.tensafe.model.exec.ExecutorOptions;
import dev.tensafe.server.assembly.CacheSizing;
import dev.tensafe.server.config.ServerConfig;
import dev.tensafe.training.torch.PassOptions;
import dev.tensafe.tssp.keys.Passphrase;
import dev.tensafe.tssp.verify.DigestCache;
import dev.tensafe.tuning.queue.JobLimits;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All settings of the training service.
 *
 * @param model the frozen model's directory
 * @param state directory of keys, calls, checkpoints, budgets and packages
 * @param recipients directory of tenants' recipient keys, {@code TENANT.pub}; empty for none
 * @param passphrase of the service's keys; null for unprotected ones
 * @param sampling how the serving engine computes
 * @param adapterBytes memory for weights that are sampled from
 * @param threads that train
 * @param mostRank of low-rank matrices
 * @param snapshotSteps optimizer steps between snapshots
 * @param mostPublished weights to sample from, a tenant
 * @param dataSetBytes of data sets, a tenant
 */
public record TrainSettings(
    Path model,
    ServerConfig http,
    Path state,
    Optional<Path> recipients,
    Supplier<@Nullable Passphrase> passphrase,
    DigestCache digests,
    ExecutorOptions sampling,
    CacheSizing cache,
    long adapterBytes,
    PassOptions pass,
    int threads,
    JobLimits limits,
    int mostRank,
    int snapshotSteps,
    int mostPublished,
    long dataSetBytes) {}
