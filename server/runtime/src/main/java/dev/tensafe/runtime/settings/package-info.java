/** Settings from flags, environment and files. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.runtime.settings;
