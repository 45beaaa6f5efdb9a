package dev.tensafe.grammar.match;

import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Parts of masks over one vocabulary, by what is left of a text: the body of a JSON string is the
 * same in every grammar. Holds the last used up to a number of bytes. Thread-safe; its lock is held
 * to look and to enter only.
 */
final class MaskCache {
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Key, Within> of = new LinkedHashMap<>(256, 0.75f, true);
  private final long mostBytes;
  private long bytes;

  MaskCache(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /**
   * What a part is of.
   *
   * @param band of the trie
   * @param owner null where the structure says all; else whose state it is
   * @param state 0 where the structure says all
   */
  record Key(int band, byte[] structure, @Nullable Object owner, int state) {
    @Override
    public int hashCode() {
      return (Arrays.hashCode(structure) * 31 + state) * 31 + band;
    }

    /** Owners are told apart as objects. */
    @Override
    @SuppressWarnings("ReferenceEquality")
    public boolean equals(Object o) {
      return o instanceof Key k
          && band == k.band
          && state == k.state
          && owner == k.owner
          && Arrays.equals(structure, k.structure);
    }

    long bytes() {
      return 120L + structure.length;
    }
  }

  @Nullable Within get(Key key) {
    lock.lock();
    try {
      return of.get(key);
    } finally {
      lock.unlock();
    }
  }

  void put(Key key, Within within) {
    long more = key.bytes() + within.bytes();
    if (more > mostBytes) {
      return;
    }
    lock.lock();
    try {
      if (of.putIfAbsent(key, within) != null) {
        return;
      }
      bytes += more;
      Iterator<Map.Entry<Key, Within>> eldest = of.entrySet().iterator();
      while (bytes > mostBytes) {
        Map.Entry<Key, Within> e = eldest.next();
        bytes -= e.getKey().bytes() + e.getValue().bytes();
        eldest.remove();
      }
    } finally {
      lock.unlock();
    }
  }

  long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }
}
