package dev.tensafe.server.tools;

import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Ids of calls, at random. As thread-safe as the source is. */
public final class CallIds implements Supplier<String> {
  private static final String CHARACTERS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  private final String prefix;
  private final int length;
  private final RandomGenerator random;

  private CallIds(String prefix, int length, RandomGenerator random) {
    this.prefix = prefix;
    this.length = length;
    this.random = random;
  }

  /**
   * Ids as clients and the templates of a format expect them: {@code call_} and 24 letters and
   * digits; nine letters and digits for Mistral, whose templates refuse others.
   */
  public static CallIds of(ToolFormat format, RandomGenerator random) {
    return format.hasShortIds() ? new CallIds("", 9, random) : new CallIds("call_", 24, random);
  }

  @Override
  public String get() {
    StringBuilder id = new StringBuilder(prefix);
    for (int i = 0; i < length; i++) {
      id.append(CHARACTERS.charAt(random.nextInt(CHARACTERS.length())));
    }
    return id.toString();
  }
}
