/** What memory the machine has. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.formats.memory;
