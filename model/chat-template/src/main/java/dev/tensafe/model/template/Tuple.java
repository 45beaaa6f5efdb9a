package dev.tensafe.model.template;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A Python tuple: a list that prints and compares as one of its own. */
final class Tuple extends AbstractList<@Nullable Object> {
  private final @Nullable Object[] items;

  Tuple(List<? extends @Nullable Object> items) {
    this.items = items.toArray();
  }

  static Tuple of(@Nullable Object... items) {
    return new Tuple(Arrays.asList(items));
  }

  @Override
  public @Nullable Object get(int index) {
    return items[index];
  }

  @Override
  public int size() {
    return items.length;
  }
}
