/**
 * Which tokens may come next under a context-free grammar whose terminals are regular: an Earley
 * parser ("An Efficient Context-Free Parsing Algorithm", CACM 1970) that advances once per
 * terminal, automata for the bytes within one, and a trie of the vocabulary's bytes.
 */
@org.jspecify.annotations.NullMarked
package dev.tensafe.grammar.match;
