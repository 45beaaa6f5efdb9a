package dev.tensafe.he.model;

import static dev.tensafe.he.model.World.*;

/** Sends any frame at any time, to see that the host looks after itself. */
final class ChaoticClient implements Party {
  private final int batches;
  private final int[] lanes;
  private final int blocks;

  /**
   * @param batches that it announces and shows, from 1
   * @param blocks that it has prepared, from 1
   * @param lanes that it uses
   */
  ChaoticClient(int batches, int blocks, int... lanes) {
    this.batches = batches;
    this.blocks = blocks;
    this.lanes = lanes.clone();
  }

  @Override
  public void act(World world, Steps steps) {
    if (world.get(CLIENT_LINK) == 1) {
      World gone = world.copy().set(CLIENT_LINK, 0);
      gone.drop(false);
      steps.take("the client leaves", gone);
      if (world.waiting(true) == 0 && world.get(HOST_LINK) == 1) {
        frames(world, steps);
      }
    } else if (world.get(HOST_LINK) == 0 && world.get(CLIENT_BARRED) == 0) {
      World next = world.copy().set(CLIENT_LINK, 1).set(HOST_LINK, 1);
      if (next.get(CLIENT_CAUGHT) == 1) {
        next.violate(Invariant.CAUGHT_CLIENT_IS_REFUSED);
      }
      steps.take("the client connects", next);
    }
  }

  private void frames(World world, Steps steps) {
    for (int batch = 1; batch <= batches; batch++) {
      send(world, Frames.frame(Frames.LANES, batch), steps);
      send(world, Frames.frame(Frames.SEEDS, batch), steps);
      send(world, Frames.frame(Frames.CRAFTED_SEEDS, batch), steps);
    }
    for (int block = 1; block <= blocks; block++) {
      send(world, Frames.frame(Frames.PREPARE, block), steps);
    }
    for (int lane : lanes) {
      send(world, Frames.frame(Frames.LANE_KEY, lane), steps);
      send(world, Frames.frame(Frames.RETIRE, lane), steps);
      send(world, Frames.frame(Frames.EVALUATE, lane), steps);
      for (int block = 1; block <= blocks; block++) {
        send(world, Frames.frame(Frames.BIND, lane, block), steps);
        for (int first = 0; first < TOKENS; first++) {
          for (int count = 1; first + count <= TOKENS; count++) {
            send(world, Frames.frame(Frames.PADDED, lane, block, first, count), steps);
          }
        }
      }
    }
  }

  private static void send(World world, int frame, Steps steps) {
    World next = world.copy();
    next.drop(false); // it does not read
    next.send(true, frame);
    steps.take("the client sends " + Frames.text(frame), next);
  }
}
