/** What a model is told to do, and how that is stored. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tuning.command;
