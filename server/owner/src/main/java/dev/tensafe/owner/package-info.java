/** The program an adapter owner installs. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.owner;
