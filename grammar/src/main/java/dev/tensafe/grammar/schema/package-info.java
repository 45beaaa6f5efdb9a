/** JSON Schema (draft 2020-12, and the spellings of older drafts) as grammars of JSON texts. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.grammar.schema;
