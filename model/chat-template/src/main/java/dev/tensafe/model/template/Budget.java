package dev.tensafe.model.template;

/**
 * The limits of one rendering. Steps count evaluated nodes, loop turns and characters handled by
 * string operations (in units of 64), so that no template runs longer than a bounded time.
 */
final class Budget {
  static final int MAX_DEPTH = 200;

  private long steps;
  private long characters;

  Budget(long steps, long characters) {
    this.steps = steps;
    this.characters = characters;
  }

  void step() {
    spend(1);
  }

  void spend(long count) {
    steps -= count;
    if (steps < 0) {
      throw new TemplateException("template.limit", "the template ran longer than allowed");
    }
  }

  /** Charges for building or scanning a text or list of this size. */
  void bulk(long size) {
    spend(1 + size / 64);
    if (size > 16_000_000) {
      throw new TemplateException("template.limit", "the template built a value too large");
    }
  }

  void output(int count) {
    characters -= count;
    if (characters < 0) {
      throw new TemplateException("template.limit", "the template wrote more than allowed");
    }
  }
}
