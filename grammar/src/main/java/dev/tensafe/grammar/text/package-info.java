/** Readers of grammars and patterns as text: GBNF, a subset of Lark, RE2, lists of choices. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.grammar.text;
