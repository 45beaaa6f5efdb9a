package dev.tensafe.he.host;

import dev.tensafe.he.HeException;
import dev.tensafe.he.HeException.Reason;
import dev.tensafe.he.wire.GroupId;
import dev.tensafe.he.wire.Refusal;
import dev.tensafe.he.wire.TagMessages;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An adapter that is open in a session, as the adapter host sees it. Its weights are in a {@link
 * SealedPart} that other sessions share. Confined to the session's thread.
 */
final class HostOpenAdapter implements AutoCloseable {
  private final int ref;
  private final SealedPart adapter;
  private final Map<GroupId, SealedPart.Group> groups;
  private final TokenMeter.Use use;
  private final int[] rows;

  /** Blocks of pads that take lanes still. */
  private final Map<Integer, HostBlock> blocks = new TreeMap<>();

  /** Positions of the blocks there were. */
  private final Set<Integer> sizes = new HashSet<>();

  private int highestBlock;
  private int nextTag;
  private @Nullable Refusal tagRefusal;
  private @Nullable TagKey tagKey;

  /**
   * @param groups ascending
   * @param use what the session's client is metered by
   */
  HostOpenAdapter(
      int ref, SealedPart adapter, Map<GroupId, SealedPart.Group> groups, TokenMeter.Use use) {
    this.ref = ref;
    this.adapter = adapter;
    this.groups = groups;
    this.use = use;
    this.rows = groups.values().stream().mapToInt(SealedPart.Group::rows).toArray();
  }

  int ref() {
    return ref;
  }

  SealedPart adapter() {
    return adapter;
  }

  TokenMeter.Use use() {
    return use;
  }

  Map<GroupId, SealedPart.Group> groups() {
    return groups;
  }

  /** Rows of every group. */
  int[] rows() {
    return rows;
  }

  /**
   * @throws HeException {@code he.protocol} if there is no such group
   */
  SealedPart.Group group(GroupId id) {
    SealedPart.Group group = groups.get(id);
    if (group == null) {
      throw new HeException(Reason.PROTOCOL, "the adapter has no " + id);
    }
    return group;
  }

  /** Whether there are pads for it. */
  boolean hasPads() {
    return groups.values().stream().allMatch(group -> group.dots() != null);
  }

  /**
   * Begins a block of pads.
   *
   * @param most blocks at a time that take lanes
   * @throws HeException {@code he.protocol} for one too many, or a number that is not higher than
   *     the last
   */
  HostBlock begin(int number, int tokens, int most) {
    blocks.values().removeIf(HostBlock::isFull);
    if (number <= highestBlock || blocks.size() >= most) {
      throw new HeException(Reason.PROTOCOL, "too many blocks of pads, or one again");
    }
    highestBlock = number;
    HostBlock block = new HostBlock(number, tokens, groups.size());
    blocks.put(number, block);
    return block;
  }

  /**
   * @throws HeException {@code he.protocol} if there is no such block, or none that takes lanes
   */
  HostBlock block(int number) {
    HostBlock block = blocks.get(number);
    if (block == null || block.isFull()) {
      throw new HeException(Reason.PROTOCOL, "there is no block " + number + " that takes lanes");
    }
    return block;
  }

  /** Ends a block that was not made. */
  void drop(HostBlock block) {
    blocks.remove(block.number());
    block.close();
  }

  /** Whether a block is the first of so many positions; true once. */
  boolean isFirst(int tokens) {
    return sizes.add(tokens);
  }

  /**
   * The next tag is set up.
   *
   * @throws HeException {@code he.protocol} for another one
   */
  void beginTag(int index) {
    if (index != nextTag || tagKey != null) {
      throw new HeException(Reason.PROTOCOL, "tag " + index + " where " + nextTag + " is due");
    }
    nextTag++;
  }

  /**
   * The keys of a tag that was announced, and the one that it is to be made under.
   *
   * @param kept its number
   */
  record TagKey(TagMessages.Keys announced, int kept) {}

  void chooseTagKey(TagKey chosen) {
    tagKey = chosen;
  }

  /**
   * What was chosen for a tag; once.
   *
   * @throws HeException {@code he.protocol} if nothing was
   */
  TagKey takeTagKey(int index) {
    TagKey chosen = tagKey;
    if (chosen == null || chosen.announced().index() != index) {
      throw new HeException(Reason.PROTOCOL, "a tag that no key was chosen for");
    }
    tagKey = null;
    return chosen;
  }

  /** Why its tags are not given; null if they are. */
  @Nullable Refusal tagRefusal() {
    return tagRefusal;
  }

  void refuseTags(@Nullable Refusal refusal) {
    tagRefusal = refusal;
  }

  @Override
  public void close() {
    blocks.values().forEach(HostBlock::close);
    blocks.clear();
  }
}
