package dev.tensafe.model.template;

import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A Python generator: always true, without length, and empty once it has been read. */
record PythonGenerator(Iterator<? extends @Nullable Object> items) {
  static PythonGenerator of(List<? extends @Nullable Object> items) {
    return new PythonGenerator(items.iterator());
  }
}
