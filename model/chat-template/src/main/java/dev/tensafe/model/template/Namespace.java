package dev.tensafe.model.template;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The object {@code namespace()} returns: attributes that loops may set. */
record Namespace(Map<String, @Nullable Object> attributes) {
  Namespace() {
    this(new HashMap<>());
  }
}
