package dev.tensafe.batching.engine;

import dev.tensafe.batching.cache.KeyChain;
import dev.tensafe.batching.draft.Draft;
import dev.tensafe.batching.sample.LogitMask;
import dev.tensafe.batching.sample.TokenLogprob;
import dev.tensafe.batching.schedule.SequenceState;
import dev.tensafe.batching.text.TextStream;
import dev.tensafe.model.exec.AdapterLoad;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One output in the making: its tokens, its cache blocks with their addresses, its text, its mask.
 * Preemption takes blocks and progress; text and mask follow the tokens, so they stay as they are.
 * Confined to the engine.
 */
final class Sequence {
  final long id;
  final GenerationRequest request;
  final GenerationListener listener;
  final TextStream text;
  final LogitMask mask;
  final long deadlineNanos;
  final List<TokenLogprob> promptLogprobs = new ArrayList<>();

  private int[] tokens;
  private int count;
  private int[] blocks = {};
  private int blockCount;
  private int computed;
  private int reached;
  private AdapterLoad load = AdapterLoad.BASE;
  private double promised;
  private int waited;
  private boolean running;
  private boolean scheduledBefore;
  private @Nullable KeyChain chain;
  private int sharedBlocks;
  private int published;
  private boolean tainted;
  private int queuedTokens;
  private Draft drafts = Draft.NONE;

  Sequence(
      long id,
      GenerationRequest request,
      GenerationListener listener,
      TextStream text,
      LogitMask mask,
      long deadlineNanos) {
    this.id = id;
    this.request = request;
    this.listener = listener;
    this.text = text;
    this.mask = mask;
    this.deadlineNanos = deadlineNanos;
    this.tokens = Arrays.copyOf(request.promptTokens(), request.promptTokens().length + 64);
    this.count = request.promptTokens().length;
    this.queuedTokens = count;
  }

  /** Whether tokens of the prompt are still to be scored. */
  boolean scoring() {
    return request.scorePrompt() && promptLogprobs.size() < promptLength() - 1;
  }

  SequenceState state() {
    return new SequenceState(
        id,
        count,
        computed,
        scoring() ? promptLogprobs.size() : count - 1,
        blockCount,
        request.priority(),
        waited,
        id,
        running,
        request.flow(),
        !scheduledBefore,
        drafts.length());
  }

  /** Makes its blocks known to others, and theirs to it. */
  void share(KeyChain keys) {
    chain = keys;
  }

  /** Addresses of its blocks; null when it shares none. */
  @Nullable KeyChain chain() {
    return chain;
  }

  /** Leading blocks that others computed. */
  int sharedBlocks() {
    return sharedBlocks;
  }

  /** Leading blocks that are complete and known. */
  int published() {
    return published;
  }

  void publishedTo(int complete) {
    published = complete;
  }

  /** Begins behind blocks that others computed. */
  void resume(int shared, int position) {
    sharedBlocks = shared;
    published = shared;
    computed = position;
    reached = Math.max(reached, position);
  }

  /** Whether it was computed from what is not trusted any more. */
  boolean tainted() {
    return tainted;
  }

  void taint() {
    tainted = true;
  }

  /** Tokens for which it counts among those that wait for their first step. */
  int queuedTokens() {
    return queuedTokens;
  }

  void queueFor(int tokens) {
    queuedTokens = tokens;
  }

  /** Tokens guessed to follow, for the next step only. */
  Draft drafts() {
    return drafts;
  }

  void draft(Draft guessed) {
    drafts = guessed;
  }

  boolean running() {
    return running;
  }

  void waitOneStep() {
    waited++;
  }

  /** Marks the sequence as running; true the first time. */
  boolean start() {
    running = true;
    boolean first = !scheduledBefore;
    scheduledBefore = true;
    return first;
  }

  boolean scheduledBefore() {
    return scheduledBefore;
  }

  int promptLength() {
    return request.promptTokens().length;
  }

  int outputLength() {
    return count - promptLength();
  }

  int[] tokens() {
    return tokens;
  }

  int count() {
    return count;
  }

  int computed() {
    return computed;
  }

  /** Tokens that were in the cache at some time: what is beyond them was never computed. */
  int reached() {
    return reached;
  }

  /** What its adapter adds to a step. */
  AdapterLoad load() {
    return load;
  }

  void loaded(AdapterLoad measured) {
    load = measured;
  }

  /** Nanoseconds that its flow is promised for the rest of its prompt. */
  double promised() {
    return promised;
  }

  void promise(double nanos) {
    promised = nanos;
  }

  void advance(int by) {
    computed += by;
    reached = Math.max(reached, computed);
  }

  /** Adds a generated token; its text is for the caller to add. */
  void append(int token) {
    if (count == tokens.length) {
      tokens = Arrays.copyOf(tokens, count * 2);
    }
    tokens[count++] = token;
    mask.accept(token);
  }

  /**
   * Drops the last tokens of the output, as if they had never been generated.
   *
   * @param dropped at most the length of the output
   * @return the blocks that hold none of the tokens left
   */
  int[] rewind(int dropped, int blockSize) {
    if (dropped < 0 || dropped > outputLength()) {
      throw new IllegalArgumentException(
          dropped + " of " + outputLength() + " generated tokens cannot be dropped");
    }
    count -= dropped;
    mask.rewind(dropped);
    text.rewind(dropped);
    // the last token is run again: its row of logits gives the next one
    computed = Math.min(computed, count - 1);
    int kept = (count + blockSize - 1) / blockSize;
    if (computed / blockSize < published) {
      // others may read that block: it is left to them
      kept = computed / blockSize;
      computed = kept * blockSize;
      published = kept;
      sharedBlocks = Math.min(sharedBlocks, kept);
    }
    reached = Math.min(reached, computed);
    if (chain != null) {
      chain.truncate(count / blockSize);
    }
    return keepBlocks(kept);
  }

  /** The next tokens to run: its own, then drafts. */
  int[] nextTokens(int n) {
    int own = Math.min(n, count - computed);
    int[] next = Arrays.copyOfRange(tokens, computed, computed + n);
    System.arraycopy(drafts.tokens(), 0, next, own, n - own);
    return next;
  }

  void addBlock(int block) {
    if (blockCount == blocks.length) {
      blocks = Arrays.copyOf(blocks, Math.max(4, blockCount * 2));
    }
    blocks[blockCount++] = block;
  }

  int block(int index) {
    return blocks[index];
  }

  void replaceBlock(int index, int block) {
    blocks[index] = block;
  }

  int[] blocks() {
    return Arrays.copyOf(blocks, blockCount);
  }

  /** Gives up its blocks and its progress; returns the blocks. */
  int[] reset() {
    computed = 0;
    running = false;
    sharedBlocks = 0;
    published = 0;
    tainted = false;
    drafts = Draft.NONE;
    return keepBlocks(0);
  }

  private int[] keepBlocks(int most) {
    int kept = Math.min(blockCount, most);
    int[] given = Arrays.copyOfRange(blocks, kept, blockCount);
    blockCount = kept;
    return given;
  }
}
