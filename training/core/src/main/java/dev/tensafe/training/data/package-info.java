/** Training text: files to examples, examples to rows, rows to micro-batches. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.training.data;
