/** The commands of owners and operators around adapter packages. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.owner.packages;
