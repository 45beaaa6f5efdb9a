/** Subcommands that train and evaluate models. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.cli.training;
