/**
 * Regular languages of bytes, with intersection and complement, as lazily built automata:
 * Brzozowski, "Derivatives of Regular Expressions", JACM 1964; Owens, Reppy, Turon,
 * "Regular-expression derivatives re-examined", JFP 2009.
 */
@org.jspecify.annotations.NullMarked
package dev.tensafe.grammar.regex;
