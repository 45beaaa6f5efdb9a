package dev.tensafe.he.model;

import static dev.tensafe.he.model.World.*;

import java.util.Set;

/**
 * The adapter host: a session's lanes and blocks.
 *
 * <pre>
 * lane  HASHED ──▶ DUE ──▶ READY ──▶ RETIRED     (TO_SHOW ──▶ SHOWN for those it chose)
 * </pre>
 */
final class Host implements Party {
  private static final int HASHED = 1;
  private static final int TO_SHOW = 2;
  private static final int SHOWN = 3;
  private static final int DUE_KEY = 4;
  private static final int READY = 5;
  private static final int RETIRED = 6;

  /** Ready without proof, which a rule forbids. */
  private static final int UNPROVEN = 7;

  private final Set<Rule> broken;

  /**
   * @param broken rules that it does not keep to
   */
  Host(Set<Rule> broken) {
    this.broken = Set.copyOf(broken);
  }

  private boolean keeps(Rule rule) {
    return !broken.contains(rule);
  }

  @Override
  public void act(World world, Steps steps) {
    if (world.get(CRASHES) > 0) {
      World next = world.copy();
      next.at[CRASHES]--;
      end(next);
      if (!keeps(Rule.HOST_BAR_SURVIVES)) {
        next.set(CLIENT_BARRED, 0);
      }
      steps.take("the host crashes", next);
    }
    if (world.get(HOST_LINK) == 0) {
      return;
    }
    if (world.waiting(true) > 0) {
      if (world.hasRoom(false, 1)) {
        receive(world, steps);
      }
    } else if (world.get(CLIENT_LINK) == 0) {
      World next = world.copy();
      end(next);
      steps.take("the host sees the connection's end", next);
    }
  }

  /** Takes in frames to which nothing is said. */
  @Override
  public void settle(World world) {
    while (world.get(HOST_LINK) == 1 && world.waiting(true) > 0) {
      int type = Frames.type(world.peek(true));
      if (type != Frames.SEEDS
          && type != Frames.LANE_KEY
          && type != Frames.BIND
          && type != Frames.RETIRE) {
        return;
      }
      isAnswered(world, world.receive(true));
    }
  }

  private void end(World world) {
    world.drop(true);
    if (keeps(Rule.SESSION_ENDS_WITH_CONNECTION)) {
      world.wipeHost();
    } else {
      world.set(HOST_LINK, 0);
      for (int lane = 1; lane <= LANES; lane++) {
        world.set(hostLane(lane, NEXT), 0);
      }
    }
  }

  private void receive(World world, Steps steps) {
    World next = world.copy();
    int frame = next.receive(true);
    String action = "the host takes " + Frames.text(frame);
    if (Frames.type(frame) == Frames.LANES) {
      for (int choice = 0; choice < BATCH; choice++) {
        World chosen = next.copy();
        announced(chosen, Frames.lane(frame), choice);
        steps.take(action, chosen);
      }
    } else if (Frames.type(frame) == Frames.PREPARE) {
      World refused = next.copy();
      refused.send(false, Frames.frame(Frames.REFUSED, Frames.lane(frame)));
      steps.take(action + " and refuses", refused);
      isAnswered(next, frame);
      steps.take(action, next);
    } else if (isAnswered(next, frame)) {
      if (world.get(CHEATS) > 0) {
        World cheated = next.copy();
        cheated.at[CHEATS]--;
        cheated.send(false, Frames.frame(Frames.BAD_ANSWERS));
        steps.take(action + " and cheats", cheated);
      }
      next.send(false, Frames.frame(Frames.ANSWERS));
      steps.take(action, next);
    } else {
      steps.take(action, next);
    }
  }

  private void announced(World world, int batch, int choice) {
    if (keeps(Rule.HOST_NUMBERS_ASCEND) && world.get(HOST_NEXT) != batch - 1) {
      end(world);
      return;
    }
    world.set(HOST_NEXT, batch);
    int first = Client.first(batch);
    for (int lane = first; lane < first + BATCH; lane++) {
      if (world.get(hostLane(lane, STATE)) != 0) {
        world.violate(Invariant.LANE_NUMBER_UNIQUE);
      }
      world.set(hostLane(lane, STATE), lane == first + choice ? TO_SHOW : HASHED);
    }
    world.send(false, Frames.frame(Frames.OPEN_LANES, batch, choice));
  }

  /** Takes in any other frame; whether it is an evaluation that is to be answered. */
  private boolean isAnswered(World world, int frame) {
    int lane = Frames.lane(frame);
    int block = Frames.block(frame);
    boolean good =
        switch (Frames.type(frame)) {
          case Frames.SEEDS -> shown(world, lane);
          case Frames.CRAFTED_SEEDS -> {
            if (isToShow(world, lane)) {
              world.set(CLIENT_BARRED, 1).set(CLIENT_CAUGHT, 1);
            }
            yield false;
          }
          case Frames.LANE_KEY -> keyed(world, lane);
          case Frames.PREPARE -> prepare(world, lane);
          case Frames.BIND -> bind(world, lane, block);
          case Frames.PADDED -> padded(world, frame);
          case Frames.EVALUATE -> isReady(world, lane);
          case Frames.RETIRE -> {
            boolean ready = isReady(world, lane);
            world.set(hostLane(lane, STATE), RETIRED);
            yield ready;
          }
          default -> false;
        };
    if (!good) {
      end(world);
      return false;
    }
    if (Frames.type(frame) != Frames.PADDED && Frames.type(frame) != Frames.EVALUATE) {
      return false;
    }
    if (world.get(hostLane(lane, STATE)) == UNPROVEN) {
      world.violate(Invariant.ANSWERS_PROVEN_LANES_ONLY);
    }
    return true;
  }

  private static boolean isToShow(World world, int batch) {
    int first = Client.first(batch);
    return world.get(hostLane(first, STATE)) == TO_SHOW
        || world.get(hostLane(first + 1, STATE)) == TO_SHOW;
  }

  private static boolean shown(World world, int batch) {
    if (!isToShow(world, batch)) {
      return false;
    }
    int first = Client.first(batch);
    for (int lane = first; lane < first + BATCH; lane++) {
      int state = world.get(hostLane(lane, STATE));
      world.set(hostLane(lane, STATE), state == TO_SHOW ? SHOWN : DUE_KEY);
    }
    return true;
  }

  private boolean keyed(World world, int lane) {
    int state = world.get(hostLane(lane, STATE));
    boolean early = state == HASHED && !keeps(Rule.HOST_WANTS_PROOF);
    boolean shown = (state == SHOWN || state == TO_SHOW) && !keeps(Rule.HOST_REFUSES_SHOWN);
    if (state != DUE_KEY && !early && !shown) {
      return false;
    }
    world.set(hostLane(lane, STATE), state == DUE_KEY ? READY : UNPROVEN);
    return true;
  }

  private static boolean isReady(World world, int lane) {
    int state = world.get(hostLane(lane, STATE));
    return state == READY || state == UNPROVEN;
  }

  private static boolean prepare(World world, int block) {
    if (block < 1 || block > BLOCKS || world.get(hostBlock(block, 0)) == 1) {
      return false;
    }
    if (block > 1 && world.get(hostBlock(block - 1, 0)) == 0) {
      return false;
    }
    world.set(hostBlock(block, 0), 1);
    world.send(false, Frames.frame(Frames.PREPARED, block));
    return true;
  }

  private boolean bind(World world, int lane, int block) {
    if (!isReady(world, lane) || world.get(hostBlock(block, 0)) == 0) {
      return false;
    }
    if (world.get(hostLane(lane, 1)) > 0 && keeps(Rule.HOST_BINDS_ONCE)) {
      return false;
    }
    if (world.get(hostBlock(block, 1)) == BLOCK_LANES && keeps(Rule.HOST_COUNTS_LANES)) {
      return false;
    }
    if (++world.at[hostBlock(block, 1)] > BLOCK_LANES) {
      world.violate(Invariant.BLOCK_LANES_BOUNDED);
    }
    world.set(hostLane(lane, 1), block).set(hostLane(lane, 2), 0);
    return true;
  }

  private boolean padded(World world, int frame) {
    int lane = Frames.lane(frame);
    int block = Frames.block(frame);
    int first = Frames.first(frame);
    int end = first + Frames.count(frame);
    if (!isReady(world, lane) || world.get(hostLane(lane, 1)) != block || end > TOKENS) {
      return false;
    }
    if (first < world.get(hostLane(lane, 2)) && keeps(Rule.HOST_POSITIONS_ASCEND)) {
      return false;
    }
    world.set(hostLane(lane, 2), end);
    for (int position = first; position < end; position++) {
      int bit = 1 << TOKENS * (block - 1) + position;
      if ((world.get(hostLane(lane, ANSWERED)) & bit) != 0) {
        world.violate(Invariant.NOISE_POSITION_ONCE);
      }
      world.at[hostLane(lane, ANSWERED)] |= (byte) bit;
    }
    return true;
  }
}
