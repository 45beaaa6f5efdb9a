/** The trainable decoder and its optimizers, on PyTorch's autograd through DJL. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.training.torch;
