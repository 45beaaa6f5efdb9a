package dev.tensafe.model.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The {@code loop} variable of one turn. */
record Loop(List<@Nullable Object> items, int index) {
  @Nullable Object attribute(String name) {
    return switch (name) {
      case "index" -> (long) index + 1;
      case "index0" -> (long) index;
      case "revindex" -> (long) items.size() - index;
      case "revindex0" -> (long) items.size() - index - 1;
      case "first" -> index == 0;
      case "last" -> index == items.size() - 1;
      case "length" -> (long) items.size();
      case "depth" -> 1L;
      case "depth0" -> 0L;
      case "previtem" -> index == 0 ? new Undefined("previtem") : items.get(index - 1);
      case "nextitem" ->
          index == items.size() - 1 ? new Undefined("nextitem") : items.get(index + 1);
      case "cycle" ->
          (Callable)
              (scope, arguments) ->
                  arguments.positional().get(index % Math.max(1, arguments.positional().size()));
      default -> throw TemplateException.unsupported("loop." + name);
    };
  }
}
