package dev.tensafe.server.train;

import dev.tensafe.server.train.sample.WeightsPath;
import dev.tensafe.server.train.wire.WireFields;
import dev.tensafe.tuning.TuningException;
import dev.tensafe.tuning.TuningException.Kind;
import dev.tensafe.tuning.run.TuningService;
import java.util.Optional;

/** Which weights a request for samples means, and whether its tenant may use them. Thread-safe. */
final class SampleSources {
  private final TuningService service;
  private final String baseModel;

  SampleSources(TuningService service, String baseModel) {
    this.service = service;
    this.baseModel = baseModel;
  }

  /**
   * The source that a request names: by a sampling session, a path or the frozen model's name.
   *
   * @return a path, or the frozen model's name
   * @throws TuningException {@code tuning.no_weights}, {@code tuning.no_session}, {@code
   *     tuning.field}
   */
  String of(WireFields body, String tenant) {
    Optional<String> session = body.optionalText("sampling_session_id");
    if (session.isPresent()) {
      return checked(SamplingSession.source(session.get()), tenant);
    }
    Optional<String> path = body.optionalText("model_path");
    if (path.isPresent()) {
      return checked(path.get(), tenant);
    }
    String base = body.text("base_model");
    if (!base.equals(baseModel)) {
      throw body.error("base_model", "'" + baseModel + "', the model that is here");
    }
    return base;
  }

  private String checked(String source, String tenant) {
    if (source.equals(baseModel)) {
      return source;
    }
    WeightsPath path = WeightsPath.parse(source);
    boolean there =
        path.sampler()
            && service.published(tenant, path.model()).stream()
                .anyMatch(published -> published.name().equals(path.name()));
    if (!there) {
      throw new TuningException(
          Kind.NOT_FOUND,
          "tuning.no_weights",
          "there are no weights to sample from at this path; save_weights_for_sampler makes them");
    }
    return source;
  }
}
