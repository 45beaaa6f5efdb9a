package dev.tensafe.tuning.run;

import dev.tensafe.training.loss.Datum;
import dev.tensafe.tuning.command.Command;
import dev.tensafe.tuning.queue.Job;
import java.util.List;

/** Data sets that the service holds, and draws from. Called on the trainer's thread. */
public interface DrawnData {
  /**
   * The examples of a draw: each of the set takes part with the model's rate, by itself.
   *
   * @param secret the draw's; the same gives the same examples
   * @throws dev.tensafe.tuning.TuningException {@code tuning.no_data_set}
   */
  List<Datum> again(Job job, Command.SampledPass pass, byte[] secret);
}
