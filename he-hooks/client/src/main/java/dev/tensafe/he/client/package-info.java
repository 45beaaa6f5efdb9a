/** The model host: sessions with adapter hosts and the hook that adds their deltas. */
@org.jspecify.annotations.NullMarked
package dev.tensafe.he.client;
