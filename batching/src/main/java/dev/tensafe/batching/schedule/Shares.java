package dev.tensafe.batching.schedule;

import java.util.Set;

/** What a plan may know of who was served how much. Pure for the length of one plan. */
@FunctionalInterface
public interface Shares {
  /** Virtual tokens that a flow was served, what is promised to it included. */
  double served(String flow);

  /** The same of a tenant, over all of its flows. */
  default double tenantServed(String tenant) {
    return served(tenant);
  }

  /** Virtual tokens that a token of a flow's prompt costs, about. */
  default double promptToken(String flow) {
    return 1;
  }

  /**
   * Tenants that are to leave a step to others.
   *
   * @param running tenants with running sequences
   */
  default Set<String> paused(Set<String> running) {
    return Set.of();
  }

  /**
   * The tenant of a flow: what is before the first line break of its name; all of it if there is
   * none.
   */
  static String tenant(String flow) {
    int end = flow.indexOf('\n');
    return end < 0 ? flow : flow.substring(0, end);
  }
}
