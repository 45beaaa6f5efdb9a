package dev.tensafe.server.tools;

import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** How a family of models spells calls. Stateless. */
public abstract sealed class ToolFormat
    permits HermesFormat,
        JsonFormat,
        LlamaJsonFormat,
        MistralFormat,
        PythonicFormat,
        QwenXmlFormat {
  private final String flag;
  private final List<String> markers;

  ToolFormat(String flag, String... markers) {
    this.flag = flag;
    this.markers = List.of(markers);
  }

  /** What {@code --tool-call-parser} calls it. */
  public final String flag() {
    return flag;
  }

  /**
   * Texts of it that are special tokens in some vocabularies: there they must be part of the
   * answer's text, as other special tokens are not, and may be sampled.
   */
  public final List<String> markers() {
    return markers;
  }

  /**
   * Whether the prompt must describe tools and spelling, by {@link ToolPrompt}: the template does
   * not.
   */
  public boolean isDescribedInPrompt() {
    return false;
  }

  /** Whether ids of calls have nine characters, as Mistral's templates demand. */
  boolean hasShortIds() {
    return false;
  }

  /**
   * What reads a call that may begin with a character.
   *
   * @param afterCall whether nothing but white space was since the last call
   * @return null where none can begin with it
   */
  abstract @Nullable Piece reader(char c, boolean afterCall, CallSink calls);

  /**
   * Expression of what free text may not have in it, since a call begins with it.
   *
   * @param of the tools
   */
  abstract int trigger(ToolArguments of);

  /**
   * Symbol of one call, or several.
   *
   * @param several whether there may be several
   */
  abstract int calls(ToolArguments of, boolean several);

  /** Symbol of any of some calls, one for each tool. */
  static int choice(ToolArguments of, ToIntFunction<Tool> call) {
    return of.parts().any(of.tools().stream().mapToInt(call).toArray());
  }

  /** A call as an object with a space behind each separator, as templates write it. */
  static int object(ToolArguments of, Tool tool) {
    GrammarParts parts = of.parts();
    return parts.sequence(
        parts.terminal("{\"name\": \"" + tool.name() + "\", \"arguments\": "),
        of.object(tool),
        parts.terminal("}"));
  }

  @Override
  public final String toString() {
    return flag;
  }
}
