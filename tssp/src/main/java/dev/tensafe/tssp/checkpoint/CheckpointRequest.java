package dev.tensafe.tssp.checkpoint;

import dev.tensafe.tssp.keys.RecipientPublicKey;
import dev.tensafe.tssp.manifest.AdapterDescription;
import dev.tensafe.tssp.manifest.BaseModelBinding;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A checkpoint to pack.
 *
 * @param name of the model that is trained, as an adapter's
 * @param version grows with every checkpoint of the name, 0 … 2^53-1
 * @param baseModel what it is trained on
 * @param adapter what is trained, which anyone may read; see {@link CheckpointPacker#describe}
 * @param recipients who may open it
 * @param lifetime until it expires; absent for never
 * @param tensors weights, gradients, moments, in the order in which they are to be read
 */
public record CheckpointRequest(
    String name,
    long version,
    BaseModelBinding baseModel,
    AdapterDescription adapter,
    List<RecipientPublicKey> recipients,
    Optional<Duration> lifetime,
    CheckpointHead head,
    List<CheckpointTensor> tensors) {
  public CheckpointRequest {
    recipients = List.copyOf(recipients);
    tensors = List.copyOf(tensors);
  }
}
