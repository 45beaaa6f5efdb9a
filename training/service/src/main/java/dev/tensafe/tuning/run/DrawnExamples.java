package dev.tensafe.tuning.run;

import dev.tensafe.privacy.PrivateNoise;
import dev.tensafe.training.loss.Datum;
import dev.tensafe.tuning.PrivacySettings;
import dev.tensafe.tuning.SettingsJson;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.command.Command;
import dev.tensafe.tuning.queue.DataSetStore;
import dev.tensafe.tuning.queue.Job;
import dev.tensafe.tuning.queue.JobQueue;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Poisson sampling from the data sets that the service holds. Used by the trainer's thread. */
public final class DrawnExamples implements DrawnData {
  private final DataSetStore dataSets;
  private final JobQueue queue;

  public DrawnExamples(DataSetStore dataSets, JobQueue queue) {
    this.dataSets = dataSets;
    this.queue = queue;
  }

  @Override
  public List<Datum> again(Job job, Command.SampledPass pass, byte[] secret) {
    PrivacySettings privacy =
        SettingsJson.read(queue.model(job.model(), job.tenant()).settings())
            .privacy()
            .orElseThrow();
    long size = dataSets.size(job.tenant(), pass.dataSet());
    if (size == 0) {
      throw TuningException.invalid(
          "tuning.no_data_set",
          "the service holds no data set '" + pass.dataSet() + "' of this API key");
    }
    int[] drawn =
        PrivateNoise.ofKey(secret)
            .sampling(0)
            .draw(Math.toIntExact(size), privacy.rate().orElseThrow());
    return dataSets.draw(
        job.tenant(), pass.dataSet(), Arrays.stream(drawn).boxed().collect(Collectors.toList()));
  }
}
