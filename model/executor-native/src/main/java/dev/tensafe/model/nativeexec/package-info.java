/** The executor on native kernels of our own. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.model.nativeexec;
