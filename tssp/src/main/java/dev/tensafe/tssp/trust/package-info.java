/** Trust in packages: pinned keys, revocations, versions seen. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.tssp.trust;
