package dev.tensafe.server.tools;

import dev.tensafe.grammar.regex.Regexes;
import org.jspecify.annotations.Nullable;

/**
 * As Llama 3.1 to 3.3: an object of {@code name} and {@code parameters}, behind {@code
 * <|python_tag|>} or not; semicolons between several. Any object of a text could be a call, so it
 * must begin with the name of a tool.
 */
final class LlamaJsonFormat extends ToolFormat {
  LlamaJsonFormat() {
    super("llama3_json", "<|python_tag|>");
  }

  @Override
  @Nullable Piece reader(char c, boolean afterCall, CallSink calls) {
    return c == '{' || c == '<' || (c == ';' && afterCall) ? new Call(calls) : null;
  }

  @Override
  int trigger(ToolArguments of) {
    GrammarParts parts = of.parts();
    int spaces = parts.anySpaces();
    int type = field(parts, spaces, spaces, "type", parts.literal("function"));
    int types = parts.regexes().sequence(type, spaces, parts.literal(","), spaces);
    return parts
        .regexes()
        .any(
            parts.literal("<|python_tag|>"),
            parts
                .regexes()
                .sequence(
                    parts.literal("{"),
                    spaces,
                    parts.regexes().repeat(types, 0, Regexes.UNBOUNDED),
                    field(parts, spaces, spaces, "name", of.names())));
  }

  private static int field(GrammarParts parts, int gap, int behind, String name, int value) {
    return parts
        .regexes()
        .sequence(
            parts.literal('"' + name + '"'),
            gap,
            parts.literal(":"),
            behind,
            parts.literal("\""),
            value,
            parts.literal("\""));
  }

  /** One call: the templates refuse several. */
  @Override
  int calls(ToolArguments of, boolean several) {
    GrammarParts parts = of.parts();
    int gap = of.gap();
    int behind = of.behind();
    int tag = parts.regexes().optional(parts.marker("<|python_tag|>"));
    return choice(
        of,
        tool ->
            parts.sequence(
                parts.terminal(
                    tag,
                    parts.literal("{"),
                    gap,
                    field(parts, gap, behind, "name", parts.literal(tool.name())),
                    gap,
                    parts.literal(","),
                    behind,
                    parts.literal("\"parameters\""),
                    gap,
                    parts.literal(":"),
                    behind),
                of.object(tool),
                parts.terminal(gap, parts.literal("}"))));
  }

  private static final class Call extends Script {
    private final CallSink calls;
    private boolean over;

    Call(CallSink calls) {
      this.calls = calls;
    }

    @Override
    @Nullable Piece next(char c) {
      if (over) {
        return null;
      }
      if (Piece.isSpace(c)) {
        return Piece.spaces();
      }
      if (c == ';') {
        return new Words(";");
      }
      if (c == '<') {
        return new Words("<|python_tag|>");
      }
      over = true;
      return new CallObject(calls, true);
    }
  }
}
