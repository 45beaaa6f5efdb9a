/** What every process of this project has: version, signals, errors of its settings. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.runtime;
