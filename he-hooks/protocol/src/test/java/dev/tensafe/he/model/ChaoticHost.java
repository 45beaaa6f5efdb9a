package dev.tensafe.he.model;

import static dev.tensafe.he.model.World.*;

/** Sends any frame at any time, to see that the client looks after itself. */
final class ChaoticHost implements Party {
  @Override
  public void act(World world, Steps steps) {
    if (world.get(HOST_LINK) == 0) {
      return;
    }
    World gone = world.copy().set(HOST_LINK, 0);
    gone.drop(true);
    steps.take("the host leaves", gone);
    if (world.waiting(false) > 0 || world.get(CLIENT_LINK) == 0) {
      return;
    }
    for (int batch = 1; batch <= BATCHES; batch++) {
      for (int choice = 0; choice < BATCH; choice++) {
        send(world, Frames.frame(Frames.OPEN_LANES, batch, choice), steps);
      }
    }
    for (int block = 1; block <= BLOCKS; block++) {
      send(world, Frames.frame(Frames.PREPARED, block), steps);
      send(world, Frames.frame(Frames.REFUSED, block), steps);
    }
    send(world, Frames.frame(Frames.ANSWERS), steps);
    send(world, Frames.frame(Frames.BAD_ANSWERS), steps);
  }

  private static void send(World world, int frame, Steps steps) {
    World next = world.copy();
    next.drop(true); // it does not read
    next.send(false, frame);
    steps.take("the host sends " + Frames.text(frame), next);
  }
}
