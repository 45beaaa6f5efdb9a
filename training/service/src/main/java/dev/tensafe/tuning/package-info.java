/** The training service behind its wire: models, jobs, checkpoints. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tuning;
