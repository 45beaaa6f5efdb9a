/** One line per log record on standard error. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.runtime.log;
