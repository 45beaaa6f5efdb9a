/** The command adapter-host: its options, health, metrics. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.owner.host;
