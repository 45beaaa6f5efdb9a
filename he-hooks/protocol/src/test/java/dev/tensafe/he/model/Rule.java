package dev.tensafe.he.model;

/**
 * What the two hosts keep to, rule by rule, so that a test can leave one out. docs/HE-PROTOCOL.md,
 * "State machines", says the same in words.
 */
enum Rule {
  /** Client: a lane that served a request is wiped, however the request ended. */
  LANE_SERVES_ONE_REQUEST,
  /** Client: two requests of a step have two lanes. */
  ONE_LANE_PER_REQUEST,
  /** Client: a request that was preempted begins anew in another lane. */
  PREEMPTED_LOSES_LANE,
  /** Client: no lane is used before its batch was chosen from. */
  USE_AFTER_CHOICE,
  /** Client: a lane that was shown is wiped. */
  SHOWN_IS_WIPED,
  /** Client: lanes are numbered on, over all batches of a session. */
  LANE_NUMBERS_ASCEND,
  /** Client: ids of masks count on, over blocks and messages of a session. */
  MASK_IDS_ASCEND,
  /** Client: no more lanes of a block than it serves. */
  BLOCK_HAS_ROOM,
  /** Both: a session that broke is over, with its keys, lanes and positions. */
  SESSION_ENDS_WITH_CONNECTION,
  /** Client: a request that was cancelled within a step ends at the step's end, and then only. */
  ENDS_ONCE,
  /** Client: a broken connection ends the requests of the step. */
  LOSS_ENDS_STEP,
  /** Client: the bar of a host that cheated is on disk, not in memory. */
  BAR_SURVIVES,
  /** Client: the bar is on disk before the host can see that it was caught. */
  BAR_BEFORE_CLOSE,
  /** Client: no connection to a barred host. */
  BARRED_IS_LEFT_ALONE,
  /** Host: positions of a lane's block are answered in ascending order, each once. */
  HOST_POSITIONS_ASCEND,
  /** Host: lanes follow the last number. */
  HOST_NUMBERS_ASCEND,
  /** Host: no lane is used whose batch was not proven. */
  HOST_WANTS_PROOF,
  /** Host: no public key of a lane that was shown. */
  HOST_REFUSES_SHOWN,
  /** Host: a block takes no more lanes than it serves. */
  HOST_COUNTS_LANES,
  /** Host: a client that showed another key than it announced is barred on disk. */
  HOST_BAR_SURVIVES,
  /** Host: a lane is bound to one block at most. */
  HOST_BINDS_ONCE
}
