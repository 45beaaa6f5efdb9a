package dev.tensafe.he.model;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An explicit-state model checker: visits every state that the parties can reach, breadth first, so
 * that what it finds is found by a shortest way. Confined to one thread.
 */
final class Checker {
  private final List<Party> parties;
  private final boolean completion;

  /** Numbers of states plus 1, by open addressing; 0 where there is none. */
  private int[] numbers = new int[1 << 16];

  private final List<World> states = new ArrayList<>();
  private int[] parent = new int[1 << 12];

  /** Pairs of states one action apart; used if completion is checked. */
  private int[] from = new int[1 << 12];

  private int[] to = new int[1 << 12];
  private int edges;

  /**
   * What was found: a state in which an invariant does not hold, and the actions that led to it.
   */
  record Finding(Invariant invariant, List<String> trace) {
    @Override
    public String toString() {
      return invariant + "\n  " + String.join("\n  ", trace);
    }
  }

  /**
   * @param finding null if everything holds
   */
  record Result(int states, @Nullable Finding finding) {}

  /**
   * @param completion whether all requests must be able to end from every state
   */
  Checker(List<Party> parties, boolean completion) {
    this.parties = List.copyOf(parties);
    this.completion = completion;
  }

  Result check(World start) {
    number(start, -1);
    for (int i = 0; i < states.size(); i++) {
      World world = states.get(i);
      if (world.get(World.VIOLATED) != 0) {
        Invariant violated = Invariant.values()[world.get(World.VIOLATED) - 1];
        return new Result(states.size(), new Finding(violated, trace(i)));
      }
      int here = i;
      for (Party party : parties) {
        party.act(
            world,
            (action, next) -> {
              settle(next);
              int there = number(next, here);
              if (completion) {
                edge(here, there);
              }
            });
      }
    }
    int stuck = completion ? stuck() : -1;
    return new Result(
        states.size(), stuck < 0 ? null : new Finding(Invariant.REQUESTS_CAN_END, trace(stuck)));
  }

  private void settle(World world) {
    parties.forEach(party -> party.settle(world));
  }

  private int number(World world, int before) {
    int mask = numbers.length - 1;
    int at = world.hashCode() & mask;
    while (numbers[at] != 0) {
      if (states.get(numbers[at] - 1).equals(world)) {
        return numbers[at] - 1;
      }
      at = (at + 1) & mask;
    }
    int number = states.size();
    numbers[at] = number + 1;
    states.add(world);
    if (2 * number > mask) {
      grow();
    }
    if (number == parent.length) {
      parent = Arrays.copyOf(parent, 2 * number);
    }
    parent[number] = before;
    return number;
  }

  private void grow() {
    numbers = new int[2 * numbers.length];
    int mask = numbers.length - 1;
    for (int i = 0; i < states.size(); i++) {
      int at = states.get(i).hashCode() & mask;
      while (numbers[at] != 0) {
        at = (at + 1) & mask;
      }
      numbers[at] = i + 1;
    }
  }

  private void edge(int here, int there) {
    if (edges == from.length) {
      from = Arrays.copyOf(from, 2 * edges);
      to = Arrays.copyOf(to, 2 * edges);
    }
    from[edges] = here;
    to[edges++] = there;
  }

  /** A state from which no state is reached in which all requests have ended; -1 if none is. */
  private int stuck() {
    int[] begin = new int[states.size() + 1];
    for (int i = 0; i < edges; i++) {
      begin[to[i] + 1]++;
    }
    for (int i = 0; i < states.size(); i++) {
      begin[i + 1] += begin[i];
    }
    int[] sources = new int[edges];
    int[] fill = Arrays.copyOf(begin, states.size());
    for (int i = 0; i < edges; i++) {
      sources[fill[to[i]]++] = from[i];
    }
    boolean[] good = new boolean[states.size()];
    ArrayDeque<Integer> open = new ArrayDeque<>();
    for (int i = 0; i < good.length; i++) {
      if (allEnded(states.get(i))) {
        good[i] = true;
        open.add(i);
      }
    }
    while (!open.isEmpty()) {
      int state = open.remove();
      for (int i = begin[state]; i < begin[state + 1]; i++) {
        if (!good[sources[i]]) {
          good[sources[i]] = true;
          open.add(sources[i]);
        }
      }
    }
    for (int i = 0; i < good.length; i++) {
      if (!good[i]) {
        return i;
      }
    }
    return -1;
  }

  private static boolean allEnded(World world) {
    for (int r = 1; r <= World.REQUESTS; r++) {
      if (world.get(World.request(r, World.STATE)) != Client.ENDED) {
        return false;
      }
    }
    return true;
  }

  private List<String> trace(int last) {
    List<String> lines = new ArrayList<>();
    for (int i = last; parent[i] >= 0; i = parent[i]) {
      World target = states.get(i);
      String[] found = {"?"};
      for (Party party : parties) {
        party.act(
            states.get(parent[i]),
            (action, next) -> {
              settle(next);
              if (next.equals(target)) {
                found[0] = action;
              }
            });
      }
      lines.add(found[0] + ": " + target);
    }
    Collections.reverse(lines);
    return lines;
  }
}
