package dev.tensafe.server.structured;

import static java.util.Objects.requireNonNull;

import dev.tensafe.batching.sample.Constraint;
import dev.tensafe.grammar.GrammarException;
import dev.tensafe.grammar.match.CompiledGrammar;
import dev.tensafe.grammar.match.Grammar;
import dev.tensafe.model.tokenizer.Tokenizer;
import dev.tensafe.server.tools.Thinking;
import dev.tensafe.server.tools.ToolChoice;
import dev.tensafe.server.tools.ToolFormat;
import dev.tensafe.server.tools.ToolGrammar;
import dev.tensafe.server.tools.ToolRequest;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Compiles what outputs must be like, over one vocabulary. What a tenant asked for lately is kept,
 * for that tenant only: nobody learns from the time it takes what others ask for. Thread-safe; slow
 * for large schemas, but bounded.
 */
public final class FormCompiler implements AutoCloseable {
  /** Forms that are kept. */
  private static final int KEPT = 64;

  private final ToolFormat format;
  private final VocabularyTrie vocabulary;
  private final MaskWorkers workers;
  private final KeptByTenant<Key, Outcome> kept = new KeptByTenant<>(KEPT);

  /**
   * @param vocabSize logits of a row
   * @param format whose calls there may be; its marks may be special tokens
   * @param threads that make masks, besides one for those that take long
   */
  public FormCompiler(Tokenizer tokenizer, int vocabSize, ToolFormat format, int threads) {
    Set<String> marks = new HashSet<>(format.markers());
    marks.addAll(Thinking.MARKERS);
    this.format = format;
    this.vocabulary = new VocabularyTrie(tokenizer, vocabSize, marks);
    this.workers = new MaskWorkers(threads);
  }

  /** Special tokens of the vocabulary that forms may ask for: texts by id. */
  public Map<Integer, String> specials() {
    return vocabulary.specials();
  }

  /** What came of a form: a grammar, or why there is none, which takes as long to find out. */
  private record Outcome(@Nullable CompiledGrammar grammar, @Nullable GrammarException refusal) {}

  /**
   * @param order the schemas as they are written: objects of JSON are equal in any order of their
   *     names, and outputs are in the order of the schema
   */
  private record Key(
      String tenant,
      Optional<OutputForm> form,
      Optional<ToolRequest> tools,
      Thinking thinking,
      String order) {
    Key(String tenant, Optional<OutputForm> form, Optional<ToolRequest> tools, Thinking thinking) {
      this(tenant, form, tools, thinking, order(form, tools));
    }

    private static String order(Optional<OutputForm> form, Optional<ToolRequest> tools) {
      StringBuilder out = new StringBuilder();
      if (form.isPresent() && form.get() instanceof OutputForm.Schema schema) {
        out.append(schema.schema());
      }
      tools.ifPresent(request -> request.tools().forEach(tool -> out.append(tool.parameters())));
      return out.toString();
    }

    @Override
    public String toString() {
      return "Key";
    }
  }

  /** As {@link #compile(String, OutputForm)}, if that was done lately. */
  public Optional<Constraint> known(String tenant, OutputForm form) {
    return known(new Key(tenant, Optional.of(form), Optional.empty(), Thinking.NONE));
  }

  /** As {@link #compile(String, Optional, ToolRequest, Thinking)}, if that was done lately. */
  public Optional<Constraint> known(
      String tenant, Optional<OutputForm> form, ToolRequest tools, Thinking thinking) {
    return known(new Key(tenant, form, Optional.of(tools).filter(ToolRequest::mayCall), thinking));
  }

  private Optional<Constraint> known(Key key) {
    return kept.get(key.tenant(), key)
        .flatMap(known -> Optional.ofNullable(known.grammar()))
        .map(grammar -> constraint(key, grammar));
  }

  /** A stop string may end a message, but no output of a form, and none that must call. */
  private Constraint constraint(Key key, CompiledGrammar grammar) {
    boolean must =
        key.tools().filter(t -> t.choice().mode() == ToolChoice.Mode.REQUIRED).isPresent();
    return new GrammarConstraint(grammar, workers, key.tenant(), key.form().isEmpty() && !must);
  }

  /**
   * Outputs of a form.
   *
   * @param tenant who asks
   * @throws GrammarException when it is wrong, cannot be enforced, or is too much
   */
  public Constraint compile(String tenant, OutputForm form) {
    return constraint(new Key(tenant, Optional.of(form), Optional.empty(), Thinking.NONE));
  }

  /**
   * Messages with calls, or of a form, or both.
   *
   * @param tenant who asks
   * @param thinking whether thoughts come first
   * @throws GrammarException when it is wrong, cannot be enforced, or is too much
   */
  public Constraint compile(
      String tenant, Optional<OutputForm> form, ToolRequest tools, Thinking thinking) {
    Optional<ToolRequest> callable = Optional.of(tools).filter(ToolRequest::mayCall);
    return constraint(new Key(tenant, form, callable, thinking));
  }

  private Constraint constraint(Key key) {
    Outcome known = kept.get(key.tenant(), key).orElse(null);
    if (known == null) {
      known = outcome(key);
      kept.put(key.tenant(), key, known);
    }
    CompiledGrammar grammar = known.grammar();
    if (grammar == null) {
      throw requireNonNull(known.refusal());
    }
    return constraint(key, grammar);
  }

  private Outcome outcome(Key key) {
    try {
      CompiledGrammar compiled = new CompiledGrammar(grammar(key), vocabulary.get());
      // what is too much for its first masks is refused now, and not in the middle of an answer
      compiled.tryOut();
      return new Outcome(compiled, null);
    } catch (GrammarException e) {
      return new Outcome(null, e);
    }
  }

  private Grammar grammar(Key key) {
    Set<String> specials = Set.copyOf(vocabulary.specials().values());
    FormGrammar forms = new FormGrammar(specials);
    if (key.tools().isEmpty()) {
      int form = forms.of(key.form().orElseThrow());
      return forms.build(
          ToolGrammar.behindThoughts(forms.builder(), form, key.thinking(), specials));
    }
    ToolRequest tools = key.tools().get();
    boolean required = tools.choice().mode() == ToolChoice.Mode.REQUIRED;
    if (required || key.form().isEmpty()) {
      return forms.build(
          ToolGrammar.write(forms.builder(), format, tools, key.thinking(), specials));
    }
    // calls, or text of the form
    ToolRequest must =
        new ToolRequest(
            tools.tools(),
            new ToolChoice(ToolChoice.Mode.REQUIRED, tools.choice().names()),
            tools.parallel(),
            tools.deprecated(),
            tools.flexible());
    int calls = ToolGrammar.write(forms.builder(), format, must, Thinking.NONE, specials);
    int either = forms.either(calls, forms.of(key.form().get()));
    return forms.build(
        ToolGrammar.behindThoughts(forms.builder(), either, key.thinking(), specials));
  }

  @Override
  public void close() {
    workers.close();
  }
}
