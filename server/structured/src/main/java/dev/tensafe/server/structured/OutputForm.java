package dev.tensafe.server.structured;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** What a request says its output must be like. What it says is the client's: it is never shown. */
public sealed interface OutputForm {
  /** The field that asked for it, as errors name it. */
  String param();

  /**
   * JSON that is valid against a schema.
   *
   * @param strict whether the schema must be within OpenAI's subset
   * @param flexible whether blanks and line breaks may stand where JSON lets them
   */
  record Schema(JsonNode schema, boolean strict, boolean flexible, String param)
      implements OutputForm {
    @Override
    public String toString() {
      return "Schema";
    }
  }

  /**
   * Any JSON object.
   *
   * @param flexible whether blanks and line breaks may stand where JSON lets them
   */
  record AnyObject(boolean flexible, String param) implements OutputForm {}

  /** A text that a regular expression matches whole. */
  record Regex(String pattern, String param) implements OutputForm {
    @Override
    public String toString() {
      return "Regex";
    }
  }

  /** One of some texts. */
  record Choice(List<String> texts, String param) implements OutputForm {
    public Choice {
      texts = List.copyOf(texts);
    }

    @Override
    public String toString() {
      return "Choice[" + texts.size() + "]";
    }
  }

  /** A text of a context-free grammar, written as llama.cpp's GBNF or as Lark's. */
  record Rules(String source, String param) implements OutputForm {
    @Override
    public String toString() {
      return "Rules";
    }
  }
}
