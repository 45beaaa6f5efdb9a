package dev.tensafe.server.train.sample;

import dev.tensafe.tuning.TuningException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A {@code tinker://} path.
 *
 * @param model whose weights they are
 * @param sampler whether they are weights to sample from; a checkpoint otherwise
 * @param name within the model
 */
public record WeightsPath(String model, boolean sampler, String name) {
  private static final Pattern FORM =
      Pattern.compile(
          "tinker://([A-Za-z0-9-]{1,64})/(weights|sampler_weights)/([A-Za-z0-9][A-Za-z0-9._-]{0,63})");

  /**
   * Reads a path.
   *
   * @throws TuningException {@code tuning.path}
   */
  public static WeightsPath parse(String path) {
    Matcher matcher = FORM.matcher(path);
    if (!matcher.matches()) {
      throw TuningException.invalid(
          "tuning.path", "a path looks like tinker://MODEL/weights/NAME or …/sampler_weights/NAME");
    }
    return new WeightsPath(
        matcher.group(1), matcher.group(2).equals("sampler_weights"), matcher.group(3));
  }

  /** The path as text. */
  public String text() {
    return "tinker://" + model + (sampler ? "/sampler_weights/" : "/weights/") + name;
  }
}
