/** Making packages from PEFT directories. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tssp.pack;
