/**
 * The forward pass as the engine sees it: batches in, logits out, hooks in between; no tensor
 * library.
 */
@org.jspecify.annotations.NullMarked
package dev.tensafe.model.exec;
