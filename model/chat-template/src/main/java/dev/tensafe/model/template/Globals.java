package dev.tensafe.model.template;

import java.time.Clock;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Functions every template can call. */
final class Globals {
  private static final int MAX_RANGE = 100_000;

  /** Names of all of them. */
  static final Set<String> NAMES = names();

  private Globals() {}

  private static Set<String> names() {
    Map<String, Object> globals = new HashMap<>();
    register(globals, Clock.systemUTC());
    return Set.copyOf(globals.keySet());
  }

  static void register(Map<String, Object> globals, Clock clock) {
    globals.put("range", (Callable) (f, a) -> range(a, f));
    globals.put("namespace", (Callable) (f, a) -> namespace(a));
    globals.put(
        "dict",
        (Callable)
            (f, a) -> {
              Map<@Nullable Object, @Nullable Object> out = new LinkedHashMap<>();
              if (a.get(0, "", null) instanceof Map<?, ?> map) {
                out.putAll(map);
              }
              out.putAll(a.named());
              return out;
            });
    globals.put(
        "raise_exception",
        (Callable)
            (f, a) -> {
              throw new TemplateException(
                  "template.raised", Text.str(a.get(0, "message", ""), f.budget()));
            });
    globals.put(
        "strftime_now",
        (Callable)
            (f, a) -> {
              LocalDateTime now = LocalDateTime.now(clock);
              String text = StrfTime.format(a.text(0, "format"), now, clock.getZone());
              f.budget().bulk(text.length());
              return text;
            });
  }

  private static Object range(Arguments a, VariableScope scope) {
    boolean single = a.positional().size() == 1;
    long start = single ? 0 : Numbers.integer(a.required(0, "start"));
    long stop = Numbers.integer(a.required(single ? 0 : 1, "stop"));
    long step = Numbers.integer(a.get(2, "step", 1L));
    if (step == 0) {
      throw TemplateException.error("range() step must not be zero");
    }
    double count = Math.max(0, Math.ceil((((double) stop) - start) / step));
    if (count > MAX_RANGE) {
      throw new TemplateException(
          "template.limit", "range() is longer than " + MAX_RANGE + " items");
    }
    long items = (long) count;
    scope.budget().bulk(items * 16);
    List<@Nullable Object> out = new ArrayList<>();
    for (long i = 0; i < items; i++) {
      out.add(start + i * step);
    }
    return out;
  }

  private static Object namespace(Arguments a) {
    Namespace namespace = new Namespace();
    if (a.get(0, "", null) instanceof Map<?, ?> map) {
      map.forEach((key, value) -> namespace.attributes().put(String.valueOf(key), value));
    }
    namespace.attributes().putAll(a.named());
    return namespace;
  }
}
