/** What training costs. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.bench.train;
