package dev.tensafe.he.model;

/** What has to hold in every state. */
enum Invariant {
  /** No input under a key, mask and position that had another before. */
  INPUT_POSITION_ONCE,
  /** No answer with the noise of a position that another answer had. */
  NOISE_POSITION_ONCE,
  /** A lane encrypts for one request. */
  ONE_REQUEST_PER_LANE,
  /** A lane whose seed was shown encrypts nothing, before and after. */
  SHOWN_LANE_UNUSED,
  /** A lane encrypts nothing before its batch was chosen from. */
  LANE_SETTLED_BEFORE_USE,
  /** No number names two lanes of a session. */
  LANE_NUMBER_UNIQUE,
  /** A block serves so many lanes and no more, at either side. */
  BLOCK_LANES_BOUNDED,
  /** A request ends once. */
  REQUEST_ENDS_ONCE,
  /** No connection to a host that was told that it was caught. */
  CAUGHT_HOST_IS_LEFT_ALONE,
  /** No session for a client that was caught. */
  CAUGHT_CLIENT_IS_REFUSED,
  /** The adapter host answers lanes whose batch was proven, and no others. */
  ANSWERS_PROVEN_LANES_ONLY,
  /** From every state all requests can still end. */
  REQUESTS_CAN_END
}
