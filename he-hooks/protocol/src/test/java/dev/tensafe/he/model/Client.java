package dev.tensafe.he.model;

import static dev.tensafe.he.model.World.*;

import java.util.Set;

/**
 * The model host: its requests, the link, the lanes and blocks of a session, and steps.
 *
 * <pre>
 * request  WAITING ──▶ RUNNING ◀──▶ PREEMPTED, and from all of them ──▶ ENDED
 * lane     ANNOUNCED ──▶ SPARE ──▶ HELD ──▶ SPENT ──▶ GONE (GONE at once when shown)
 * step     none ──▶ SENT ──▶ none
 *                     └─ bad answer ─▶ DOUBTED ─▶ DISTRUSTED ─▶ BARRED ─▶ none, link down
 * </pre>
 */
final class Client implements Party {
  // states of a request, 0 for one that waits
  static final int RUNNING = 1;
  static final int ENDED = 2;
  static final int PREEMPTED = 3;

  private static final int ANNOUNCED = 1;
  private static final int SPARE = 2;
  private static final int HELD = 3;
  private static final int SPENT = 4;
  private static final int GONE = 5;

  /** Values of SETTLED. */
  private static final int KEPT = 1;

  private static final int SHOWN = 2;

  // values of STEP
  private static final int SENT = 1;
  private static final int DOUBTED = 2;
  private static final int DISTRUSTED = 3;
  private static final int BARRED = 4;
  private static final int LOST_AND_DISTRUSTED = 5;

  private static final int BLOCK_ANNOUNCED = 1;
  private static final int BLOCK_READY = 2;

  /** No pads for a while, which in the model is for good. */
  private static final int BLOCK_REFUSED = 3;

  /** Frames that one action sends at most. */
  private static final int BURST = 4;

  private final Set<Rule> broken;

  /**
   * @param broken rules that it does not keep to
   */
  Client(Set<Rule> broken) {
    this.broken = Set.copyOf(broken);
  }

  private boolean keeps(Rule rule) {
    return !broken.contains(rule);
  }

  @Override
  public void act(World world, Steps steps) {
    if (world.get(CRASHES) > 0) {
      steps.take("the client crashes", crash(world.copy()));
    }
    if (world.hasRoom(true, BURST)) {
      requests(world, steps);
      if (world.get(CLIENT_LINK) == 1) {
        session(world, steps);
      }
    }
    connection(world, steps);
    distrust(world, steps);
  }

  /** Sends what runs low, and takes in what only the host's frames about it lead to. */
  @Override
  public void settle(World world) {
    boolean more = true;
    while (more && world.get(CLIENT_LINK) == 1 && world.hasRoom(true, BURST)) {
      more = !isIdle(world) && (announce(world) || prepare(world));
      if (world.waiting(false) > 0 && isAboutStock(Frames.type(world.peek(false)))) {
        receive(world, world.receive(false));
        more = true;
      }
    }
  }

  private static boolean isAboutStock(int type) {
    return type == Frames.OPEN_LANES || type == Frames.PREPARED || type == Frames.REFUSED;
  }

  // ---- requests

  private void requests(World world, Steps steps) {
    for (int r = 1; r <= REQUESTS; r++) {
      int state = world.get(request(r, STATE));
      boolean live = state != ENDED;
      boolean sent = world.get(request(r, ROWS_SENT)) > 0;
      if (live && world.get(CANCELS) > 0 && world.get(request(r, CANCELLED)) == 0) {
        World next = world.copy();
        next.at[CANCELS]--;
        if (!sent || !keeps(Rule.ENDS_ONCE)) {
          end(next, r);
        } else {
          next.set(request(r, CANCELLED), 1);
        }
        steps.take("request " + r + " is cancelled", next);
      }
      if (state == RUNNING && !sent && world.get(PREEMPTIONS) > 0) {
        World next = world.copy();
        next.at[PREEMPTIONS]--;
        next.set(request(r, STATE), PREEMPTED).set(request(r, ROWS_DONE), 0);
        if (keeps(Rule.PREEMPTED_LOSES_LANE)) {
          retire(next, r);
        } else {
          int lane = held(next, r);
          if (lane > 0) {
            next.set(clientLane(lane, NEXT), 0); // positions follow the rows
          }
        }
        steps.take("request " + r + " is preempted", next);
      }
      if (live && !sent && (world.get(CLIENT_LINK) == 0 || isExhausted(world))) {
        World next = world.copy();
        end(next, r);
        steps.take("request " + r + " fails, no lane to be had", next);
      }
    }
  }

  /** Whether this session of the model can give no more lanes. */
  private static boolean isExhausted(World world) {
    if (world.get(CLIENT_BATCHES) < BATCHES && world.get(NEXT_MASK) < MASKS) {
      return false;
    }
    for (int lane = 1; lane <= LANES; lane++) {
      int state = world.get(clientLane(lane, STATE));
      if (state == ANNOUNCED || state == SPARE) {
        return world.get(NEXT_MASK) >= MASKS;
      }
    }
    return true;
  }

  private void end(World world, int r) {
    if (world.at[request(r, ENDS)]++ > 0) {
      world.violate(Invariant.REQUEST_ENDS_ONCE);
    }
    world.set(request(r, STATE), ENDED).set(request(r, ROWS_DONE), 0);
    world.set(request(r, CANCELLED), 0);
    if (keeps(Rule.ENDS_ONCE)) {
      world.set(request(r, ROWS_SENT), 0);
    }
    retire(world, r);
  }

  /** Wipes the lanes of a request and tells the host. */
  private void retire(World world, int r) {
    for (int lane = 1; lane <= LANES; lane++) {
      int state = world.get(clientLane(lane, STATE));
      if ((state == HELD || state == SPENT) && world.get(clientLane(lane, REQUEST_OF)) == r) {
        boolean left =
            world.get(clientLane(lane, BLOCK_OF)) > 0 && world.get(clientLane(lane, NEXT)) < TOKENS;
        if (!keeps(Rule.LANE_SERVES_ONE_REQUEST) && left) {
          world.set(clientLane(lane, STATE), SPARE);
        } else {
          wipe(world, lane);
          if (world.get(CLIENT_LINK) == 1) {
            world.send(true, Frames.frame(Frames.RETIRE, lane));
          }
        }
      }
    }
  }

  /** The number stays taken; what the observer noted of the key is not needed any more. */
  private static void wipe(World world, int lane) {
    for (int field = 0; field < 8; field++) {
      world.set(clientLane(lane, field), 0);
    }
    world.set(clientLane(lane, STATE), GONE);
  }

  private static int held(World world, int r) {
    for (int lane = 1; lane <= LANES; lane++) {
      if (world.get(clientLane(lane, STATE)) == HELD
          && world.get(clientLane(lane, REQUEST_OF)) == r) {
        return lane;
      }
    }
    return 0;
  }

  // ---- what a session does beside steps

  private void session(World world, Steps steps) {
    if (isIdle(world) && world.get(STEP) == 0) {
      return;
    }
    if (world.get(STEP) == 0 && world.get(clientBlock(1, STATE)) != BLOCK_ANNOUNCED) {
      for (int chosen = 1; chosen < 1 << REQUESTS; chosen++) {
        if (Integer.bitCount(chosen) <= 2) {
          for (int rows = 1; rows <= 2; rows++) {
            step(world, chosen, rows, steps);
          }
        }
      }
    }
    if (world.waiting(false) > 0) {
      World next = world.copy();
      int frame = next.receive(false);
      receive(next, frame);
      steps.take("the client takes " + Frames.text(frame), next);
    }
  }

  private static boolean isIdle(World world) {
    for (int r = 1; r <= REQUESTS; r++) {
      if (world.get(request(r, STATE)) != ENDED) {
        return false;
      }
    }
    return true;
  }

  private boolean announce(World world) {
    int batches = world.get(CLIENT_BATCHES);
    for (int lane = 1; lane <= LANES; lane++) {
      int state = world.get(clientLane(lane, STATE));
      if (state == ANNOUNCED || state == SPARE) {
        return false;
      }
    }
    if (batches == BATCHES) {
      return false;
    }
    int batch = keeps(Rule.LANE_NUMBERS_ASCEND) ? batches + 1 : 1;
    world.set(CLIENT_BATCHES, batches + 1);
    for (int lane = first(batch); lane < first(batch) + BATCH; lane++) {
      if (world.get(clientLane(lane, STATE)) != 0) {
        world.violate(Invariant.LANE_NUMBER_UNIQUE);
      }
      world.set(clientLane(lane, STATE), ANNOUNCED);
    }
    world.send(true, Frames.frame(Frames.LANES, batch));
    return true;
  }

  static int first(int batch) {
    return BATCH * (batch - 1) + 1;
  }

  private static boolean prepare(World world) {
    int block = 1;
    while (block <= BLOCKS && world.get(clientBlock(block, STATE)) != 0) {
      boolean full = world.get(clientBlock(block, 1)) >= BLOCK_LANES;
      if (world.get(clientBlock(block, STATE)) != BLOCK_READY || !full) {
        return false;
      }
      block++;
    }
    if (block > BLOCKS || world.get(NEXT_MASK) >= MASKS) {
      return false;
    }
    world.at[NEXT_MASK]++;
    world.set(clientBlock(block, STATE), BLOCK_ANNOUNCED);
    world.set(clientBlock(block, 2), world.get(NEXT_MASK));
    world.send(true, Frames.frame(Frames.PREPARE, block));
    return true;
  }

  // ---- steps

  private void step(World world, int chosen, int rows, Steps steps) {
    World next = world.copy();
    int before = 0;
    boolean more = false;
    for (int r = 1; r <= REQUESTS; r++) {
      if ((chosen >> r - 1 & 1) == 0) {
        continue;
      }
      int state = next.get(request(r, STATE));
      if (state == ENDED || next.get(request(r, ROWS_SENT)) > 0) {
        return;
      }
      int left = need(r) - next.get(request(r, ROWS_DONE));
      int count = Math.min(rows, left);
      more |= count == rows;
      if (!send(next, r, count, before)) {
        return;
      }
      next.set(request(r, STATE), RUNNING).set(request(r, ROWS_SENT), count);
      before = r;
    }
    if (more) {
      steps.take("a step of requests " + Integer.toBinaryString(chosen), next.set(STEP, SENT));
    }
  }

  /** Encrypts rows of a request; false if there is no lane for all of them. */
  private boolean send(World world, int r, int rows, int before) {
    int left = rows;
    while (left > 0) {
      int lane = lane(world, r, before);
      if (lane == 0) {
        return false;
      }
      int block = world.get(clientLane(lane, BLOCK_OF));
      int count;
      if (block > 0) {
        int first = world.get(clientLane(lane, NEXT));
        count = Math.min(left, TOKENS - first);
        encrypt(world, r, lane, world.get(clientBlock(block, 2)), first, count);
        world.set(clientLane(lane, NEXT), first + count);
        world.send(true, Frames.frame(Frames.PADDED, lane, block, first, count));
      } else {
        count = left;
        if (world.get(NEXT_MASK) >= MASKS) {
          return false;
        }
        world.at[NEXT_MASK]++;
        int mask = keeps(Rule.MASK_IDS_ASCEND) ? world.get(NEXT_MASK) : 1;
        encrypt(world, r, lane, mask, 0, count);
        world.send(true, Frames.frame(Frames.EVALUATE, lane));
      }
      world.at[DUE]++;
      left -= count;
    }
    return true;
  }

  /** What an observer of all inputs notes. */
  private static void encrypt(World world, int r, int lane, int mask, int first, int count) {
    int settled = world.get(clientLane(lane, SETTLED));
    if (settled == 0) {
      world.violate(Invariant.LANE_SETTLED_BEFORE_USE);
    } else if (settled == SHOWN) {
      world.violate(Invariant.SHOWN_LANE_UNUSED);
    }
    int owner = world.get(clientLane(lane, OWNER));
    if (owner != 0 && owner != r) {
      world.violate(Invariant.ONE_REQUEST_PER_LANE);
    }
    world.set(clientLane(lane, OWNER), r);
    for (int position = first; position < first + count; position++) {
      if (world.useTwice(lane, mask, position)) {
        world.violate(Invariant.INPUT_POSITION_ONCE);
      }
    }
  }

  /** The lane for a request's next row: the one it has, or another; 0 if there is none. */
  private int lane(World world, int r, int before) {
    int has = held(world, r);
    if (has == 0 && before > 0 && !keeps(Rule.ONE_LANE_PER_REQUEST)) {
      has = held(world, before);
    }
    if (has > 0
        && world.get(clientLane(has, BLOCK_OF)) > 0
        && world.get(clientLane(has, NEXT)) < TOKENS) {
      return has;
    }
    int spare = spare(world);
    int block = spare == 0 ? 0 : block(world, spare);
    if (has > 0 && world.get(clientLane(has, BLOCK_OF)) == 0 && block == 0) {
      return has;
    }
    if (spare == 0) {
      return 0;
    }
    if (has > 0) {
      world.set(clientLane(has, STATE), SPENT);
    }
    world.set(clientLane(spare, STATE), HELD).set(clientLane(spare, REQUEST_OF), r);
    if (block > 0 && world.get(clientLane(spare, BLOCK_OF)) == 0) {
      world.at[clientBlock(block, 1)]++;
      if (world.get(clientBlock(block, 1)) > BLOCK_LANES) {
        world.violate(Invariant.BLOCK_LANES_BOUNDED);
      }
      world.set(clientLane(spare, BLOCK_OF), block);
      world.send(true, Frames.frame(Frames.BIND, spare, block));
    }
    return spare;
  }

  private int spare(World world) {
    for (int lane = 1; lane <= LANES; lane++) {
      int state = world.get(clientLane(lane, STATE));
      if (state == SPARE || state == ANNOUNCED && !keeps(Rule.USE_AFTER_CHOICE)) {
        return lane;
      }
    }
    return 0;
  }

  private int block(World world, int lane) {
    if (world.get(clientLane(lane, BLOCK_OF)) > 0) {
      return world.get(clientLane(lane, BLOCK_OF));
    }
    for (int block = 1; block <= BLOCKS; block++) {
      boolean room = world.get(clientBlock(block, 1)) < BLOCK_LANES;
      if (world.get(clientBlock(block, STATE)) == BLOCK_READY
          && (room || !keeps(Rule.BLOCK_HAS_ROOM))) {
        return block;
      }
    }
    return 0;
  }

  // ---- frames of the host

  private void receive(World world, int frame) {
    switch (Frames.type(frame)) {
      case Frames.OPEN_LANES -> chosen(world, Frames.lane(frame), Frames.block(frame));
      case Frames.PREPARED, Frames.REFUSED -> {
        int block = clientBlock(Frames.lane(frame), STATE);
        if (world.get(block) == BLOCK_ANNOUNCED) {
          boolean ready = Frames.type(frame) == Frames.PREPARED;
          world.set(block, ready ? BLOCK_READY : BLOCK_REFUSED);
        }
      }
      case Frames.ANSWERS, Frames.BAD_ANSWERS -> answered(world, Frames.type(frame));
      default -> lose(world);
    }
  }

  private void chosen(World world, int batch, int choice) {
    int first = first(batch);
    if (world.get(clientLane(first, STATE)) == 0
        || world.get(clientLane(first, SETTLED)) != 0
        || world.get(clientLane(first, STATE)) == GONE) {
      lose(world); // nobody announced those, or they were chosen from
      return;
    }
    int shown = first + choice;
    int kept = first + 1 - choice;
    if (world.encrypted(shown)) {
      world.violate(Invariant.SHOWN_LANE_UNUSED);
    }
    if (keeps(Rule.SHOWN_IS_WIPED)) {
      wipe(world, shown);
    } else {
      world.set(clientLane(shown, STATE), SPARE).set(clientLane(shown, SETTLED), SHOWN);
    }
    if (world.get(clientLane(kept, STATE)) == ANNOUNCED) {
      world.set(clientLane(kept, STATE), SPARE);
    }
    world.set(clientLane(kept, SETTLED), KEPT);
    world.send(true, Frames.frame(Frames.SEEDS, batch));
    world.send(true, Frames.frame(Frames.LANE_KEY, kept));
  }

  private void answered(World world, int type) {
    if (world.get(STEP) != SENT && world.get(STEP) != DOUBTED) {
      lose(world);
      return;
    }
    if (type == Frames.BAD_ANSWERS) {
      world.set(STEP, DOUBTED);
    }
    if (--world.at[DUE] > 0) {
      return;
    }
    if (world.get(STEP) == DOUBTED) {
      endStep(world);
      world.set(STEP, DISTRUSTED);
      return;
    }
    world.set(STEP, 0);
    for (int r = 1; r <= REQUESTS; r++) {
      int sent = world.get(request(r, ROWS_SENT));
      if (sent > 0) {
        int done = world.get(request(r, ROWS_DONE)) + sent;
        world.set(request(r, ROWS_SENT), 0).set(request(r, ROWS_DONE), done);
        if (done >= need(r) || world.get(request(r, CANCELLED)) == 1 || !isLive(world, r)) {
          end(world, r);
        }
      }
    }
    for (int lane = 1; lane <= LANES; lane++) {
      if (world.get(clientLane(lane, STATE)) == SPENT) {
        wipe(world, lane);
        world.send(true, Frames.frame(Frames.RETIRE, lane));
      }
    }
  }

  private static boolean isLive(World world, int r) {
    return world.get(request(r, STATE)) == RUNNING;
  }

  /** Ends the requests of the step that is under way. */
  private void endStep(World world) {
    for (int r = 1; r <= REQUESTS; r++) {
      if (world.get(request(r, ROWS_SENT)) > 0) {
        end(world, r);
        world.set(request(r, ROWS_SENT), 0);
      }
    }
  }

  // ---- connections

  private void connection(World world, Steps steps) {
    if (world.get(CLIENT_LINK) == 1) {
      boolean late = world.get(STEP) == SENT || world.get(STEP) == DOUBTED;
      if (world.get(HOST_LINK) == 0 || late) {
        World next = world.copy();
        lose(next);
        steps.take("the client gives up the connection", next);
      }
      return;
    }
    boolean barred = world.get(HOST_BARRED) == 1 && keeps(Rule.BARRED_IS_LEFT_ALONE);
    if (barred
        || world.get(CLIENT_BARRED) == 1
        || world.get(HOST_LINK) == 1
        || world.get(STEP) != 0
        || isIdle(world)) {
      return;
    }
    World next = world.copy();
    next.drop(true);
    next.drop(false);
    next.set(CLIENT_LINK, 1).set(HOST_LINK, 1);
    if (next.get(HOST_CAUGHT) == 1) {
      next.violate(Invariant.CAUGHT_HOST_IS_LEFT_ALONE);
    }
    steps.take("the client connects", next);
  }

  private void lose(World world) {
    boolean doubted = world.get(STEP) == DOUBTED || world.get(STEP) == DISTRUSTED;
    world.set(CLIENT_LINK, 0);
    if (keeps(Rule.LOSS_ENDS_STEP)) {
      endStep(world);
    }
    forget(world);
    if (doubted) {
      world.set(STEP, LOST_AND_DISTRUSTED);
    }
  }

  private void forget(World world) {
    world.drop(false);
    if (keeps(Rule.SESSION_ENDS_WITH_CONNECTION)) {
      world.wipeClient();
      return;
    }
    world.set(CLIENT_LINK, 0).set(STEP, 0).set(DUE, 0);
    for (int lane = 1; lane <= LANES; lane++) {
      world.set(clientLane(lane, NEXT), 0);
    }
  }

  private World crash(World world) {
    world.at[CRASHES]--;
    world.set(CLIENT_LINK, 0);
    for (int r = 1; r <= REQUESTS; r++) {
      int state = world.get(request(r, STATE));
      if (state == RUNNING || state == PREEMPTED) { // others may come after the crash
        world.set(request(r, ROWS_SENT), 0);
        end(world, r);
      }
    }
    world.drop(false);
    world.wipeClient();
    if (!keeps(Rule.BAR_SURVIVES)) {
      world.set(HOST_BARRED, 0);
    }
    return world;
  }

  // ---- a host that cheated

  private void distrust(World world, Steps steps) {
    int step = world.get(STEP);
    boolean first = keeps(Rule.BAR_BEFORE_CLOSE);
    if (step == LOST_AND_DISTRUSTED || step == DISTRUSTED && first) {
      World next = world.copy().set(HOST_BARRED, 1);
      steps.take("the client bars the host", next.set(STEP, step == DISTRUSTED ? BARRED : 0));
    }
    if ((step == BARRED || step == DISTRUSTED && !first)
        && world.get(CLIENT_LINK) == 1
        && world.hasRoom(true, 1)) {
      World next = world.copy();
      next.send(true, Frames.frame(Frames.CLOSE));
      next.set(HOST_CAUGHT, 1);
      forget(next);
      steps.take("the client closes", next.set(STEP, step == BARRED ? 0 : LOST_AND_DISTRUSTED));
    }
  }
}
