package dev.tensafe.model.template;

import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A compiled template in the Jinja subset chat templates use, with Python's semantics and Hugging
 * Face's environment (trim_blocks, lstrip_blocks, loop controls, {@code generation} blocks, {@code
 * raise_exception}, {@code strftime_now}, {@code tojson} without HTML escapes). Immutable and
 * thread-safe; values are never changed by a template.
 *
 * <p>Rendering is bounded in steps and in characters, so a template cannot hang or flood its
 * caller.
 */
public final class Template {
  private static final long MAX_STEPS = 4_000_000;
  private static final long MAX_CHARACTERS = 8L << 20;

  private final List<Stmt> body;
  private final Environment environment;

  private Template(List<Stmt> body, Environment environment) {
    this.body = body;
    this.environment = environment;
  }

  /**
   * Compiles a template.
   *
   * @param clock what {@code strftime_now} reads
   * @throws TemplateException {@code template.syntax}, or {@code template.unsupported} naming the
   *     construct
   */
  public static Template compile(String source, Clock clock) {
    Environment environment = new Environment(clock);
    return new Template(
        new StatementParser(Lexer.tokenize(source), environment).parse(), environment);
  }

  /**
   * Renders with the given variables: null, Boolean, Long, Double, String, List and Map, nested.
   *
   * @throws TemplateException {@code template.error}, {@code template.raised}, {@code
   *     template.limit} or {@code template.unsupported}
   */
  public String render(Map<String, ? extends @Nullable Object> variables) {
    Budget budget = new Budget(MAX_STEPS, MAX_CHARACTERS);
    VariableScope scope = new VariableScope(environment, budget);
    variables.forEach(scope::set);
    RenderedText out = new RenderedText(budget);
    try {
      Stmt.runAll(body, scope, out);
    } catch (StackOverflowError e) {
      throw new TemplateException("template.limit", "the template nests too deeply");
    }
    return out.text();
  }
}
