package dev.tensafe.server;

import dev.tensafe.he.client.EncryptedAdapters;
import dev.tensafe.he.wire.LaneMessages;
import dev.tensafe.nativelib.NativeHandle;
import dev.tensafe.nativelib.ckks.SecretKey;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * What a model host must not tell anybody, read out of it where it lies: the keys of lanes while
 * the adapter host's choice of them is on its way, and the tags.
 */
final class ModelHostSecrets {
  /** Bytes that are read of a key: a sixteenth. */
  private static final int KEY_BYTES = 1_024;

  private volatile EncryptedAdapters adapters;

  /** Of every session, by the lanes' numbers. */
  private final List<NavigableMap<Long, Lane>> sessions = new ArrayList<>();

  /**
   * A lane.
   *
   * @param key the first values of its secret
   * @param shown whether the adapter host was told the seed
   */
  record Lane(byte[] seed, byte[] key, boolean shown) {}

  /** Begins to look at a model host. */
  EncryptedAdapters of(EncryptedAdapters of) {
    adapters = of;
    return of;
  }

  /** Reads the lanes that an adapter host is about to choose from. */
  void choosing(int connection, LaneMessages.OpenLanes choice) {
    try {
      Object keys = field(session(), "keys");
      List<?> made;
      synchronized (keys) {
        made =
            List.copyOf((Collection<?>) ((Map<?, ?>) field(keys, "announced")).get(choice.first()));
      }
      synchronized (this) {
        while (sessions.size() <= connection) {
          sessions.add(new TreeMap<>());
        }
        for (int i = 0; i < made.size(); i++) {
          byte[] seed = ((byte[]) field(made.get(i), "seed")).clone();
          SecretKey secret = (SecretKey) field(field(made.get(i), "key"), "secret");
          Lane lane = new Lane(seed, keyBytes(secret), choice.opened().get(i));
          sessions.get(connection).put(choice.first() + i, lane);
        }
      }
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  /** The lanes of a connection, by number; none if it has no session. */
  synchronized NavigableMap<Long, Lane> lanes(int connection) {
    return connection < sessions.size() ? new TreeMap<>(sessions.get(connection)) : new TreeMap<>();
  }

  /** All lanes, or those alone that the adapter host was not shown. */
  synchronized List<Lane> lanes(boolean shownToo) {
    return sessions.stream()
        .flatMap(of -> of.values().stream())
        .filter(lane -> shownToo || !lane.shown())
        .toList();
  }

  /** A tag: [κ] constants r, and [κ] what they make of the weights. */
  record Tag(long[][] r, long[][] f) {}

  /** The tags of adapters, of a model host without a state directory. */
  List<Tag> tags() {
    try {
      Object book = field(field(link(), "tools"), "tags");
      List<Tag> tags = new ArrayList<>();
      for (Object tag : ((Map<?, ?>) field(book, "inMemory")).values()) {
        tags.add(new Tag((long[][]) field(tag, "r"), (long[][]) field(tag, "f")));
      }
      return tags;
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private Object link() throws ReflectiveOperationException {
    Object hosts = field(adapters, "links");
    return ((Collection<?>) field(hosts, "links")).iterator().next();
  }

  private Object session() throws ReflectiveOperationException {
    TestServer.await("the model host", () -> adapters != null);
    Object link = link();
    TestServer.await(
        "the session",
        () -> {
          try {
            return field(link, "session") != null;
          } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
          }
        });
    return field(link, "session");
  }

  private static Object field(Object of, String name) throws ReflectiveOperationException {
    Field field = of.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.get(of);
  }

  private static byte[] keyBytes(SecretKey key) throws ReflectiveOperationException {
    Field state = NativeHandle.class.getDeclaredField("state");
    state.setAccessible(true);
    long address = (long) field(state.get(key), "address");
    // The handle: a shared pointer to the context, and, after padding that may hold anything, the
    // key: a reference to that context, the seed's schedule, the address of its values, their
    // number.
    for (long offset = 16; offset <= 1_024; offset += 8) {
      try {
        if (peek(address + offset + 8) == 2048 && peek(address + offset) % 64 == 0) {
          byte[] residues = residues(peek(address + offset));
          if (residues != null) {
            return residues;
          }
        }
      } catch (IOException e) {
        // not to be read
      }
    }
    System.out.println("SKIPPED: a secret key cannot be found in this process");
    Assumptions.abort("a secret key cannot be found in this process");
    return new byte[0];
  }

  /** The first values at an address; null if they are no residues, so something else lies there. */
  private static byte @Nullable [] residues(long address) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(KEY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long largest = 0;
    for (int i = 0; i < KEY_BYTES / 8; i++) {
      long word = peek(address + 8L * i);
      if (word >>> 50 != 0) {
        return null;
      }
      largest = Math.max(largest, word);
      bytes.putLong(word);
    }
    // uniform below 2^50: not one of them is small
    return largest >>> 40 == 0 ? null : bytes.array();
  }

  private static long peek(long address) throws IOException {
    if (address <= 4096) {
      throw new IOException("no address");
    }
    byte[] word = new byte[8];
    try (RandomAccessFile memory = new RandomAccessFile("/proc/self/mem", "r")) {
      memory.seek(address);
      memory.readFully(word);
    }
    return ByteBuffer.wrap(word).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }
}
