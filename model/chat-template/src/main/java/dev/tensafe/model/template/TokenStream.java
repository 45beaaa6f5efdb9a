package dev.tensafe.model.template;

import dev.tensafe.model.template.Token.Kind;
import java.util.List;

/** A cursor over tokens. */
final class TokenStream {
  private final List<Token> tokens;
  private int at;
  private int depth;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(at);
  }

  Token peekNext() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = tokens.get(at);
    at = Math.min(at + 1, tokens.size() - 1);
    return token;
  }

  boolean skipOperator(String operator) {
    boolean found = peek().isOperator(operator);
    if (found) {
      next();
    }
    return found;
  }

  boolean skipName(String name) {
    boolean found = peek().isName(name);
    if (found) {
      next();
    }
    return found;
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw unexpected("'" + operator + "'");
    }
  }

  void expectName(String name) {
    if (!skipName(name)) {
      throw unexpected("'" + name + "'");
    }
  }

  Token expect(Kind kind, String what) {
    if (peek().kind() != kind) {
      throw unexpected(what);
    }
    return next();
  }

  TemplateException unexpected(String wanted) {
    Token token = peek();
    String found =
        token.text().isEmpty()
            ? token.kind().name().toLowerCase(java.util.Locale.ROOT)
            : "'" + token.text() + "'";
    return TemplateException.syntax(token.line(), "expected " + wanted + ", found " + found);
  }

  /** Guards the recursive descent; call {@link #leave} when done. */
  void enter() {
    if (++depth > Budget.MAX_DEPTH) {
      throw TemplateException.syntax(peek().line(), "nested deeper than " + Budget.MAX_DEPTH);
    }
  }

  void leave() {
    depth--;
  }
}
