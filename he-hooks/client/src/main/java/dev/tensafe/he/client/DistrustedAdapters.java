package dev.tensafe.he.client;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The adapters that one adapter host has computed wrongly. It is not asked for them again, also not
 * in another session, for as long as this process runs. Thread-safe.
 */
final class DistrustedAdapters {
  private final Set<String> digests = ConcurrentHashMap.newKeySet();

  void add(PublicPart adapter) {
    digests.add(adapter.digest());
  }

  boolean contains(String digest) {
    return digests.contains(digest);
  }
}
