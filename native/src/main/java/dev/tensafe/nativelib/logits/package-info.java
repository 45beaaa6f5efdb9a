/** Choosing among logits where they lie, without copying a row. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.nativelib.logits;
