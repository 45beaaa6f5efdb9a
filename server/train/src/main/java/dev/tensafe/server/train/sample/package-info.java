/** Sampling by the serving engine. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.server.train.sample;
