package dev.tensafe.he.model;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * One state: both hosts, what lies on their disks, the frames between them, and what an observer
 * noted to judge it. A value once the checker has it; those who build the next state copy it first.
 */
final class World {
  static final int REQUESTS = 3;
  static final int BATCHES = 3;
  static final int BATCH = 2;
  static final int LANES = BATCHES * BATCH;
  static final int BLOCKS = 2;
  static final int TOKENS = 2;
  static final int BLOCK_LANES = 2;
  static final int MASKS = 6;

  /** Rows of the requests. */
  private static final int[] NEED = {0, 3, 2, 1};

  // budgets
  static final int CRASHES = 0;
  static final int CANCELS = 1;
  static final int PREEMPTIONS = 2;
  static final int CHEATS = 3;

  // on disks
  static final int HOST_BARRED = 4;
  static final int CLIENT_BARRED = 5;

  // noted by the observer
  static final int HOST_CAUGHT = 6;
  static final int CLIENT_CAUGHT = 7;
  static final int VIOLATED = 8;

  // the client's session
  static final int CLIENT_LINK = 9;
  static final int CLIENT_BATCHES = 10;
  static final int NEXT_MASK = 11;
  static final int STEP = 12;
  static final int DUE = 13;

  // the host's session
  static final int HOST_LINK = 14;
  static final int HOST_NEXT = 15;

  private static final int REQUEST = 16; // state, rows done, rows in the step, cancelled, ends
  private static final int CLIENT_LANE = REQUEST + 5 * REQUESTS;
  // state, request, block, next, settled, owner, positions (2 bytes)
  private static final int CLIENT_BLOCK = CLIENT_LANE + 8 * LANES; // state, lanes, mask
  private static final int HOST_LANE = CLIENT_BLOCK + 3 * BLOCKS; // state, block, next, answered
  private static final int HOST_BLOCK = HOST_LANE + 4 * LANES; // prepared, lanes
  private static final int QUEUES = HOST_BLOCK + 2 * BLOCKS;
  private static final int ROOM = 8;
  private static final int SIZE = (QUEUES + 2 * (1 + 2 * ROOM) + 7) / 8 * 8;

  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  // of a request
  static final int STATE = 0;
  static final int ROWS_DONE = 1;
  static final int ROWS_SENT = 2;
  static final int CANCELLED = 3;
  static final int ENDS = 4;

  // of a lane at the client
  static final int REQUEST_OF = 1;
  static final int BLOCK_OF = 2;
  static final int NEXT = 3;
  static final int SETTLED = 4;
  static final int OWNER = 5;

  // of a lane at the host
  static final int ANSWERED = 3;

  final byte[] at;
  private int hash;

  World() {
    at = new byte[SIZE];
  }

  private World(byte[] at) {
    this.at = at;
  }

  World copy() {
    return new World(at.clone());
  }

  int get(int place) {
    return at[place];
  }

  World set(int place, int value) {
    at[place] = (byte) value;
    return this;
  }

  /**
   * @param request from 1
   */
  static int request(int request, int field) {
    return REQUEST + 5 * (request - 1) + field;
  }

  static int need(int request) {
    return NEED[request];
  }

  /**
   * @param lane from 1
   */
  static int clientLane(int lane, int field) {
    return CLIENT_LANE + 8 * (lane - 1) + field;
  }

  /**
   * @param block from 1
   * @param field 0 state, 1 lanes, 2 mask
   */
  static int clientBlock(int block, int field) {
    return CLIENT_BLOCK + 3 * (block - 1) + field;
  }

  static int hostLane(int lane, int field) {
    return HOST_LANE + 4 * (lane - 1) + field;
  }

  /**
   * @param field 0 prepared, 1 lanes
   */
  static int hostBlock(int block, int field) {
    return HOST_BLOCK + 2 * (block - 1) + field;
  }

  void violate(Invariant invariant) {
    if (at[VIOLATED] == 0) {
      at[VIOLATED] = (byte) (invariant.ordinal() + 1);
    }
  }

  /** Notes that a position encrypted something; true if it did before. */
  boolean useTwice(int lane, int mask, int position) {
    int bit = TOKENS * (mask - 1) + position;
    int place = clientLane(lane, 6) + bit / 8;
    boolean before = (at[place] >> bit % 8 & 1) == 1;
    at[place] |= (byte) (1 << bit % 8);
    return before;
  }

  boolean encrypted(int lane) {
    return at[clientLane(lane, 6)] != 0 || at[clientLane(lane, 7)] != 0;
  }

  /** Forgets lanes, blocks and ids of the client's session. */
  void wipeClient() {
    set(CLIENT_LINK, 0).set(CLIENT_BATCHES, 0).set(NEXT_MASK, 0).set(STEP, 0).set(DUE, 0);
    Arrays.fill(at, CLIENT_LANE, HOST_LANE, (byte) 0);
  }

  void wipeHost() {
    set(HOST_LINK, 0).set(HOST_NEXT, 0);
    Arrays.fill(at, HOST_LANE, QUEUES, (byte) 0);
  }

  /** Frames on their way to one side. */
  int waiting(boolean toHost) {
    return at[queue(toHost)];
  }

  boolean hasRoom(boolean toHost, int frames) {
    return waiting(toHost) + frames <= ROOM;
  }

  /** Sends a frame; one to a host that is gone is lost. */
  void send(boolean toHost, int frame) {
    if (toHost && get(HOST_LINK) == 0) {
      return;
    }
    int queue = queue(toHost);
    int place = queue + 1 + 2 * at[queue]++;
    at[place] = (byte) frame;
    at[place + 1] = (byte) (frame >> 8);
  }

  int peek(boolean toHost) {
    int queue = queue(toHost);
    return (at[queue + 1] & 0xff) | (at[queue + 2] & 0xff) << 8;
  }

  int receive(boolean toHost) {
    int frame = peek(toHost);
    int queue = queue(toHost);
    System.arraycopy(at, queue + 3, at, queue + 1, 2 * (ROOM - 1));
    at[queue + 2 * ROOM - 1] = 0;
    at[queue + 2 * ROOM] = 0;
    at[queue]--;
    return frame;
  }

  void drop(boolean toHost) {
    Arrays.fill(at, queue(toHost), queue(toHost) + 1 + 2 * ROOM, (byte) 0);
  }

  private static int queue(boolean toHost) {
    return QUEUES + (toHost ? 0 : 1 + 2 * ROOM);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof World world && Arrays.equals(at, world.at);
  }

  @Override
  public int hashCode() {
    if (hash == 0) {
      long h = 0;
      for (int i = 0; i < SIZE; i += Long.BYTES) {
        h = (h ^ (long) WORDS.get(at, i)) * 0x9e3779b97f4a7c15L;
        h ^= h >>> 32;
      }
      hash = (int) h | 1;
    }
    return hash;
  }

  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    out.append(get(CLIENT_LINK) == 1 ? "client up" : "client down");
    out.append(get(HOST_LINK) == 1 ? ", host up" : ", host down");
    out.append(get(STEP) == 0 ? "" : ", step " + get(STEP) + " due " + get(DUE));
    for (int r = 1; r <= REQUESTS; r++) {
      out.append("; r").append(r).append(bytes(request(r, 0), 5));
    }
    for (int lane = 1; lane <= LANES; lane++) {
      if (get(clientLane(lane, STATE)) != 0) {
        out.append("; l").append(lane).append(bytes(clientLane(lane, 0), 8));
      }
    }
    for (boolean toHost : new boolean[] {true, false}) {
      World rest = copy();
      out.append(toHost ? "; to host" : "; to client");
      while (rest.waiting(toHost) > 0) {
        out.append(' ').append(Frames.text(rest.receive(toHost)));
      }
    }
    return out.toString();
  }

  private String bytes(int from, int count) {
    return Arrays.toString(Arrays.copyOfRange(at, from, from + count));
  }
}
