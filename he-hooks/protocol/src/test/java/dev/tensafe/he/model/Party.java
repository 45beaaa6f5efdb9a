package dev.tensafe.he.model;

/** Somebody who acts. */
interface Party {
  /** Passes on every state that an action of this party leads to. */
  void act(World world, Steps steps);

  /**
   * Does what this party has to do and nobody can see: whether it is done now or later makes no
   * difference to anybody else, so doing it at once spares the checker the orders in between.
   *
   * @param world a state that is being built; changed
   */
  default void settle(World world) {}

  /** Takes the states that actions lead to. */
  interface Steps {
    /**
     * @param action what was done, for the reader of a trace
     * @param next not changed afterwards
     */
    void take(String action, World next);
  }
}
