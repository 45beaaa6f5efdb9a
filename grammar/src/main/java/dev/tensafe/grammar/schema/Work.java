package dev.tensafe.grammar.schema;

/**
 * Steps that reading one schema may still take, so that one built to explode is refused in time.
 */
final class Work {
  private final int most;
  private int done;

  Work(int most) {
    this.most = most;
  }

  /**
   * Counts steps.
   *
   * @param where place in the schema that they are for
   */
  void spend(int steps, String where) {
    done += steps;
    if (done < 0 || done > most) {
      throw SchemaErrors.tooComplex(where, "reading it takes more than " + most + " steps");
    }
  }
}
