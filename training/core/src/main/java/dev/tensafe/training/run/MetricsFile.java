package dev.tensafe.training.run;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.formats.Json;
import dev.tensafe.formats.file.AppendedFile;
import dev.tensafe.training.TrainingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A run's numbers, one JSON object a line, appended as they come. No text of the data in it. */
public final class MetricsFile implements RunListener {
  private static final Logger LOG = LoggerFactory.getLogger(MetricsFile.class);

  private final ObjectMapper mapper = new ObjectMapper();
  private final Path file;
  private final InstantSource clock;

  /**
   * Begins or goes on with a file, without a last line that a crash has left torn.
   *
   * @throws TrainingException {@code train.write}
   */
  public MetricsFile(Path file, InstantSource clock) {
    this.file = file;
    this.clock = clock;
    try {
      Path parent = file.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      long torn = AppendedFile.dropTorn(file, Json::isObject);
      if (torn > 0) {
        LOG.warn("{}: dropped the last line, of which a crash has left {} bytes", file, torn);
      }
    } catch (IOException e) {
      throw new TrainingException("train.write", "cannot write " + file, e);
    }
  }

  private ObjectNode event(String name, int step) {
    ObjectNode node = mapper.createObjectNode();
    return node.put("time", clock.instant().toString()).put("event", name).put("step", step);
  }

  private void write(ObjectNode node) {
    try {
      AppendedFile.append(file, node.toString());
    } catch (IOException e) {
      throw new TrainingException("train.write", "cannot write the file of metrics " + file, e);
    }
  }

  @Override
  public void started(int first, int steps, long trained, int examples, int heldOut) {
    write(
        event("started", first)
            .put("steps", steps)
            .put("trained", trained)
            .put("examples", examples)
            .put("held_out", heldOut));
  }

  @Override
  public void step(int step, double loss, double rate, double norm, long tokens, long skipped) {
    ObjectNode node = event("step", step);
    put(node, "loss", loss);
    node.put("rate", rate);
    put(node, "norm", norm);
    write(node.put("tokens", tokens).put("skipped", skipped));
  }

  @Override
  public void validated(int step, double loss) {
    ObjectNode node = event("validated", step);
    put(node, "loss", loss);
    put(node, "perplexity", Math.exp(loss));
    write(node);
  }

  @Override
  public void saved(int step) {
    write(event("saved", step));
  }

  /** JSON knows no NaN. */
  private static void put(ObjectNode node, String key, double value) {
    if (Double.isFinite(value)) {
      node.put(key, value);
    } else {
      node.putNull(key);
    }
  }
}
