package dev.tensafe.tuning;

import dev.tensafe.training.torch.LoraSpec;
import dev.tensafe.training.torch.OptimizerSpec;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a model was asked to be; it never changes.
 *
 * @param baseModel the service's name of the frozen model
 * @param seed of initial values, dropout and, if {@code seeded}, of everything else
 * @param rate learning rate of steps that do not say
 * @param clip largest global norm of gradients of steps that do not say; 0 for none
 * @param privacy how gradients are made private; absent for not at all
 * @param mostSteps after which steps are refused; absent for no limit
 */
public record ModelSettings(
    String baseModel,
    LoraSpec lora,
    long seed,
    OptimizerSpec optimizer,
    double rate,
    double clip,
    Optional<PrivacySettings> privacy,
    OptionalLong mostSteps) {}
