package dev.tensafe.batching.schedule;

import dev.tensafe.batching.schedule.StepWork.Bill;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Who leaves a step to others, so that tenants get equal shares of the machine's time. A tenant is
 * <em>present</em> while sequences of it run or are paused. Each has a clock, in nanoseconds.
 *
 * <p><b>A step</b> of cost T among n present tenants moves the clocks by T in all:
 *
 * <ul>
 *   <li>One whose part would have cost less than T/n alone is <em>slowed</em>: with an n-th of the
 *       machine for itself it would be faster. Its clock moves by what its part would have cost; by
 *       nothing if it was paused.
 *   <li>Any other is as fast as that, or faster, thanks to the batch. Its clock moves by T/n, and
 *       those whose part of the step is more than T/n make up, in proportion to it, for what the
 *       slowed ones lack. So tenants that merely share a batch stay together: nobody owes anything.
 * </ul>
 *
 * <p><b>The rule.</b> A tenant whose clock is more than Q, the quantum, ahead of the last present
 * one's is paused. (So a pause speeds up whoever is last, and the last one always runs.) One that
 * becomes present is lifted to the last one's clock: having been idle earns nothing, what it owes
 * stays, and the idle one's share is the others'.
 *
 * <p><b>Bound.</b> Let C be the most that a step moves one clock; C ≤ T. <i>Clocks of present
 * tenants differ by at most Q + C.</i> One that runs was at most Q ahead of the last, and moves by
 * at most C, while none moves back; one that is paused does not move; one that comes is lifted to
 * the last, or was ahead when it left, and the others have only come closer since. <i>A tenant is
 * paused for at most (n − 1)·(Q + 2C) in a row</i>, n being the tenants present meanwhile: all of
 * that time moves clocks of others, each of which starts at most Q + C behind it, runs only while
 * it is at most Q ahead of the last and so behind the paused one, and ends at most C ahead of it.
 * <i>Over any time in which two tenants are present their shares differ by at most 2·(Q + C).</i>
 *
 * <p>Confined to one thread.
 */
final class TenantClocks {
  private static final int MAX_ABSENT = 4096;

  private final Map<String, Double> clocks = new HashMap<>();
  private Set<String> present = Set.of();
  private double last;

  /**
   * Those of some tenants that are to leave the next step to the others.
   *
   * @param quantum Q, in nanoseconds
   */
  Set<String> paused(Set<String> running, double quantum) {
    if (running.size() < 2) {
      return Set.of();
    }
    double least = Double.POSITIVE_INFINITY;
    for (String tenant : running) {
      if (present.contains(tenant)) {
        least = Math.min(least, clock(tenant));
      }
    }
    Set<String> ahead = new HashSet<>();
    for (String tenant : running) {
      if (present.contains(tenant) && clock(tenant) > least + quantum) {
        ahead.add(tenant);
      }
    }
    return ahead;
  }

  /**
   * Moves the clocks.
   *
   * @param now tenants that had running sequences in a step, those that were paused included
   * @param bills in nanoseconds, of those that ran
   */
  void settle(Set<String> now, Map<String, Bill> bills) {
    come(now);
    double all = bills.values().stream().mapToDouble(Bill::time).sum();
    double share = all / Math.max(1, now.size());
    double lacking = 0;
    double over = 0;
    for (String tenant : now) {
      Bill bill = bills.getOrDefault(tenant, Bill.NOTHING);
      lacking += Math.max(0, share - bill.alone());
      over += Math.max(0, bill.time() - share);
    }
    double rate = over > 0 ? Math.min(1, lacking / over) : 0;
    for (String tenant : now) {
      Bill bill = bills.getOrDefault(tenant, Bill.NOTHING);
      double move = Math.min(share, bill.alone()) + rate * Math.max(0, bill.time() - share);
      clocks.merge(tenant, move, Double::sum);
    }
  }

  private void come(Set<String> now) {
    double least = Double.POSITIVE_INFINITY;
    for (String tenant : now) {
      if (present.contains(tenant)) {
        least = Math.min(least, clock(tenant));
      }
    }
    if (least == Double.POSITIVE_INFINITY) {
      least = last;
    }
    for (String tenant : now) {
      if (!present.contains(tenant)) {
        clocks.merge(tenant, least, Math::max);
      }
    }
    last = least;
    present = Set.copyOf(now);
    if (clocks.size() > MAX_ABSENT + present.size()) {
      clocks.keySet().retainAll(present);
    }
  }

  private double clock(String tenant) {
    return clocks.getOrDefault(tenant, last);
  }
}
