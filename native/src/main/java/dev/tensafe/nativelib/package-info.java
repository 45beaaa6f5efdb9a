/** Loading our native library and owning what lies outside the heap. */
@NullMarked
package dev.tensafe.nativelib;

import org.jspecify.annotations.NullMarked;
