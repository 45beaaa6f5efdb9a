package dev.tensafe.batching.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BlockPoolTest {
  @Test
  void refusesToGiveWhatItHasNotAndToTakeBackWhatIsNotHeld() {
    BlockPool pool = new BlockPool(2);
    int a = pool.take();
    int b = pool.take();
    assertEquals(1, a + b);
    assertThrows(IllegalStateException.class, pool::take);
    pool.release(new int[] {a});
    assertThrows(IllegalStateException.class, () -> pool.release(new int[] {a}));
    assertThrows(IllegalStateException.class, () -> pool.release(new int[] {b, b}));
    assertThrows(IllegalStateException.class, () -> pool.release(new int[] {b, 2}));
    assertThrows(IllegalStateException.class, () -> pool.share(a));
    assertThrows(IllegalStateException.class, () -> pool.makeAddressable(a));
    // what was refused changed nothing
    assertEquals(1, pool.available());
    assertEquals(1, pool.references(b));
  }

  @Test
  void theBlockReleasedLongestAgoIsEvictedUnlessItIsSharedAgain() {
    BlockPool pool = new BlockPool(3);
    int[] blocks = {pool.take(), pool.take(), pool.take()};
    for (int block : blocks) {
      pool.makeAddressable(block);
    }
    // the last named is the first to go: without those before it it cannot be found
    pool.release(new int[] {blocks[2], blocks[0], blocks[1]});
    assertEquals(3, pool.evictable());
    pool.share(blocks[1]);
    pool.release(new int[] {blocks[1]});
    int[] evicted = {pool.take(), pool.take(), pool.take()};
    assertArrayEquals(new int[] {blocks[0], blocks[2], blocks[1]}, evicted);
    // their content is gone: released again they are free
    pool.release(evicted);
    assertEquals(0, pool.evictable());
    assertEquals(3, pool.available());
  }

  @Test
  void freeBlocksAreTakenBeforeAnythingIsEvicted() {
    BlockPool pool = new BlockPool(2);
    int kept = pool.take();
    pool.makeAddressable(kept);
    pool.release(new int[] {kept});
    int other = pool.take();
    assertTrue(other != kept);
    assertEquals(1, pool.evictable());
    assertEquals(kept, pool.take());
  }

  /** Random owners against a plain model of what each of them holds. */
  @Test
  void noBlockIsLostOrDoublyOwnedWhateverItsOwnersDo() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 60; round++) {
      new Model(1 + random.nextInt(30), random).run(600);
    }
  }

  /** Owners with the references they hold, and the order in which blocks became evictable. */
  private static final class Model {
    private final BlockPool pool;
    private final int blocks;
    private final Random random;
    private final List<List<Integer>> owners = new ArrayList<>();
    private final Set<Integer> addressable = new HashSet<>();
    private final Deque<Integer> order = new ArrayDeque<>();

    Model(int blocks, Random random) {
      this.pool = new BlockPool(blocks);
      this.blocks = blocks;
      this.random = random;
      for (int i = 0; i < 4; i++) {
        owners.add(new ArrayList<>());
      }
    }

    void run(int operations) {
      for (int i = 0; i < operations; i++) {
        List<Integer> owner = owners.get(random.nextInt(owners.size()));
        switch (random.nextInt(5)) {
          case 0, 1 -> take(owner);
          case 2 -> share(owner);
          case 3 -> release(owner);
          default -> address(owner);
        }
        check();
      }
    }

    private void take(List<Integer> owner) {
      int held = held().size();
      if (held == blocks) {
        assertThrows(IllegalStateException.class, pool::take);
        return;
      }
      boolean evicts = held + order.size() == blocks;
      int block = pool.take();
      assertTrue(!held().contains(block), "taken while held");
      if (evicts) {
        assertEquals(order.removeFirst(), block, "evicted out of order");
        addressable.remove(block);
      } else {
        assertTrue(!order.contains(block), "evicted while blocks were free");
      }
      owner.add(block);
    }

    private void share(List<Integer> owner) {
      int block = random.nextInt(blocks);
      if (!held().contains(block) && !order.contains(block)) {
        assertThrows(IllegalStateException.class, () -> pool.share(block));
        return;
      }
      pool.share(block);
      order.remove(block);
      owner.add(block);
    }

    private void address(List<Integer> owner) {
      if (!owner.isEmpty()) {
        int block = owner.get(random.nextInt(owner.size()));
        pool.makeAddressable(block);
        addressable.add(block);
      }
    }

    private void release(List<Integer> owner) {
      int n = owner.isEmpty() ? 0 : random.nextInt(owner.size() + 1);
      int[] given = new int[n];
      for (int i = 0; i < n; i++) {
        given[i] = owner.remove(random.nextInt(owner.size()));
      }
      if (random.nextInt(4) == 0) {
        int foreign = random.nextInt(blocks);
        if (!held().contains(foreign) && Arrays.stream(given).noneMatch(b -> b == foreign)) {
          int[] tooMany = Arrays.copyOf(given, n + 1);
          tooMany[n] = foreign;
          assertThrows(IllegalStateException.class, () -> pool.release(tooMany));
        }
      }
      pool.release(given);
      for (int i = n - 1; i >= 0; i--) {
        int block = given[i];
        boolean last = Arrays.stream(given, 0, i).noneMatch(b -> b == block);
        if (last && !held().contains(block) && addressable.contains(block)) {
          order.addLast(block);
        }
      }
    }

    private Set<Integer> held() {
      Set<Integer> held = new HashSet<>();
      owners.forEach(held::addAll);
      return held;
    }

    private void check() {
      assertEquals(held().size(), pool.held());
      assertEquals(order.size(), pool.evictable());
      assertEquals(blocks - held().size(), pool.available());
      for (int block = 0; block < blocks; block++) {
        int b = block;
        long owned = owners.stream().mapToLong(o -> o.stream().filter(x -> x == b).count()).sum();
        assertEquals(owned, pool.references(block));
      }
    }
  }
}
