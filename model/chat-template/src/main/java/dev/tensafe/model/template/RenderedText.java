package dev.tensafe.model.template;

/** Rendered text, counted against the budget. */
final class RenderedText {
  private final StringBuilder text = new StringBuilder();
  private final Budget budget;

  RenderedText(Budget budget) {
    this.budget = budget;
  }

  void write(String part) {
    budget.output(part.length());
    text.append(part);
  }

  String text() {
    return text.toString();
  }
}
