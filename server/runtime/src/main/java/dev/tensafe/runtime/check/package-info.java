/** What a program can know of its settings before it does anything long. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.runtime.check;
