/** The executor on DJL PyTorch; the only package that knows DJL arrays. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.model.torch;
