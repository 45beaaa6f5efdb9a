package dev.tensafe.batching.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A cache and a plain model of it, in which a block's content is a number made of whom it serves
 * and of all tokens up to its end. The sequences do at random what sequences do: begin, compute,
 * end, begin again, go back, and turn out to be wrong.
 */
class BlockCacheModelTest {
  private static final int BLOCK = 4;
  private static final int[] PUBLIC = {0, 1, 0, 0, 1, 1, 0, 1, 1, 1};

  @ParameterizedTest
  @ValueSource(ints = {5, 16, 64, 400})
  void theCacheIsWhatThePlainModelSays(int blocks) {
    long seed = System.nanoTime();
    System.out.println("seed " + seed + ", " + blocks + " blocks");
    Model model = new Model(blocks, new Random(seed));
    for (int i = 0; i < 250_000; i++) {
      model.step();
    }
    model.end();
    // a model in which nothing happens proves nothing
    assertTrue(model.hits > 1_000, "hits: " + model.hits);
    assertTrue(model.evictions > 1_000, "evictions: " + model.evictions);
    assertTrue(model.forgotten > 100, "forgotten: " + model.forgotten);
    assertTrue(model.merged > 10, "merged: " + model.merged);
    assertTrue(model.publicHits > 100, "of everybody: " + model.publicHits);
  }

  @Test
  void keysAreOfTheirScopeBehindWhatIsEverybodys() {
    PrefixSharing sharing = new PrefixSharing(true, "m", PUBLIC);
    int[] prompt = Arrays.copyOf(PUBLIC, 16);
    KeyChain a = sharing.chain(new CacheScope("d", "a", ""), prompt, BLOCK);
    KeyChain b = sharing.chain(new CacheScope("d", "b", ""), prompt, BLOCK);
    KeyChain salted = sharing.chain(new CacheScope("d", "a", "").withSalt("b"), prompt, BLOCK);
    KeyChain other = sharing.chain(new CacheScope("e", "a", ""), prompt, BLOCK);
    for (int i = 0; i < 4; i++) {
      boolean everybodys = (i + 1) * BLOCK <= PUBLIC.length;
      assertEquals(everybodys, a.key(i, prompt).equals(b.key(i, prompt)), "block " + i);
      assertEquals(everybodys, a.key(i, prompt).equals(salted.key(i, prompt)), "block " + i);
      assertNotEquals(a.key(i, prompt), other.key(i, prompt));
    }
    assertNotEquals(b.key(3, prompt), salted.key(3, prompt), "a salt is no tenant");
    int[] changed = prompt.clone();
    changed[0] = 1;
    KeyChain own = sharing.chain(new CacheScope("d", "a", ""), changed, BLOCK);
    KeyChain others = sharing.chain(new CacheScope("d", "b", ""), changed, BLOCK);
    assertNotEquals(own.key(0, changed), others.key(0, changed));
  }

  /** A sequence of the model. */
  private static final class Member {
    final long id;
    final CacheScope scope;
    final int[] tokens = new int[40];
    final int length;
    final KeyChain chain;
    final List<Integer> blocks = new ArrayList<>();
    int published;
    int shared;
    int computed;
    boolean running;
    boolean tainted;

    Member(long id, CacheScope scope, int length, PrefixSharing sharing, Random random) {
      this.id = id;
      this.scope = scope;
      this.length = length;
      boolean common = random.nextInt(3) == 0;
      for (int i = 0; i < length; i++) {
        // few different ones, so that many begin alike
        tokens[i] = common && i < PUBLIC.length ? PUBLIC[i] : random.nextInt(8) == 0 ? 1 : 0;
      }
      chain = sharing.chain(scope, Arrays.copyOf(tokens, length), BLOCK);
    }

    /** Unlike an exclusive or, it has no neighbours that meet. */
    private static long mix(long a, long b) {
      long x = (a * 31 + b + 7) * 0xff51afd7ed558ccdL;
      return x ^ x >>> 29;
    }

    /** What is in a block of its own: a number that no other scope or text has. */
    long content(int block) {
      int common = 0;
      while (common < PUBLIC.length && common < length && tokens[common] == PUBLIC[common]) {
        common++;
      }
      boolean everybodys = block < common / BLOCK;
      long mixed = mix(1, scope.adapterDigest().hashCode());
      if (!everybodys) {
        String whom = scope.salt().isEmpty() ? "t" + scope.tenant() : "s" + scope.salt();
        mixed = mix(mixed, whom.hashCode());
      }
      for (int i = 0; i < (block + 1) * BLOCK; i++) {
        mixed = mix(mixed, tokens[i]);
      }
      return mixed;
    }
  }

  /** Who made a block known, and the contents of its sequence up to it. */
  private record Origin(CacheScope scope, long[] contents) {
    static Origin of(Member m, int index) {
      return new Origin(
          m.scope, LongStream.range(0, index + 1).map(i -> m.content((int) i)).toArray());
    }

    boolean follows(long content) {
      return contents.length > 1 && contents[contents.length - 2] == content;
    }
  }

  private static final class Model {
    private final BlockCache cache;
    private final Random random;
    private final PrefixSharing sharing = new PrefixSharing(true, "m", PUBLIC);
    private final List<Member> members = new ArrayList<>();
    private final int total;
    private long nextId;

    // what is known without asking the cache
    private final long[] content;
    private final int[] references;
    private final Map<Long, Integer> known = new HashMap<>();
    private final Map<Integer, Origin> origins = new HashMap<>();
    private final LinkedHashSet<Integer> idle = new LinkedHashSet<>();

    int hits;
    int publicHits;
    int evictions;
    int forgotten;
    int merged;

    Model(int blocks, Random random) {
      this.cache = new BlockCache(blocks);
      this.random = random;
      this.total = blocks;
      this.content = new long[blocks];
      this.references = new int[blocks];
    }

    void step() {
      int most = Math.max(2, total / 6);
      if (members.size() < most && random.nextInt(3) > 0) {
        begin();
      } else if (!members.isEmpty()) {
        Member m = members.get(random.nextInt(members.size()));
        switch (random.nextInt(16)) {
          case 0 -> end(m);
          case 1 -> preempt(m);
          case 2 -> rewind(m);
          case 3 -> {
            if (random.nextInt(20) == 0) {
              fail(m);
            } else if (random.nextInt(200) == 0) {
              forgetAdapter(m.scope.adapterDigest());
            }
          }
          default -> advance(m);
        }
      }
      check();
    }

    private void begin() {
      CacheScope scope =
          new CacheScope(
              random.nextInt(3) == 0 ? "d" : "",
              random.nextBoolean() ? "a" : "b",
              "",
              random.nextInt(4) == 0 ? "a" : "");
      members.add(new Member(nextId++, scope, 1 + random.nextInt(40), sharing, random));
    }

    private int limit(Member m) {
      return (m.length - 1) / BLOCK;
    }

    private void advance(Member m) {
      if (!m.running) {
        admit(m);
        return;
      }
      int next = Math.min(m.length, m.computed + 1 + random.nextInt(2 * BLOCK));
      if (next == m.length && m.computed == m.length) {
        end(m);
        return;
      }
      for (int i = m.computed / BLOCK; i * BLOCK < next; i++) {
        int block = m.blocks.get(i);
        assertEquals(1, references[block], "written while others hold it");
        assertFalse(origins.containsKey(block), "written while it can be found");
        content[block] = m.content(i);
      }
      m.computed = next;
      publish(m);
    }

    private void publish(Member m) {
      if (m.tainted) {
        return;
      }
      for (int i = m.published; i < m.computed / BLOCK; i++) {
        int block = m.blocks.get(i);
        long is = m.content(i);
        Integer there = known.get(is);
        int now = cache.publish(m.chain, i, m.tokens, m.scope.adapterDigest(), block);
        if (there == null) {
          assertEquals(block, now);
          known.put(is, block);
          origins.put(block, Origin.of(m, i));
        } else {
          assertEquals((int) there, now, "one content, two blocks");
          merged++;
          references[block]--;
          hold(now);
          m.blocks.set(i, now);
        }
        m.published = i + 1;
      }
    }

    private void admit(Member m) {
      CachedPrefix found = cache.find(m.chain, m.tokens, limit(m), Map.of());
      int there = 0;
      int held = 0;
      while (there < limit(m) && known.containsKey(m.content(there))) {
        held += references[known.get(m.content(there))] > 0 ? 1 : 0;
        there++;
      }
      assertEquals(there, found.blocks());
      assertEquals(held, found.held());
      int needed = (m.length + BLOCK - 1) / BLOCK - there;
      if (needed + there - held > cache.available()) {
        if (m.length > total * BLOCK / 2) {
          members.remove(m); // never fits beside others
        }
        return;
      }
      for (int i = 0; i < there; i++) {
        int block = cache.share(m.chain.key(i, m.tokens));
        assertEquals(m.content(i), content[block], "another's content");
        hold(block);
        m.blocks.add(block);
        hits++;
        publicHits += origins.get(block).scope().equals(m.scope) ? 0 : 1;
      }
      m.shared = there;
      m.published = there;
      m.computed = there * BLOCK;
      for (int i = 0; i < needed; i++) {
        m.blocks.add(take());
      }
      m.running = true;
      for (int i = m.published; i < m.length / BLOCK; i++) {
        cache.announce(m.chain.key(i, m.tokens), m.id);
      }
    }

    private void hold(int block) {
      references[block]++;
      idle.remove(block);
    }

    private int take() {
      boolean evicts = cache.available() == idle.size();
      int block = cache.take();
      assertEquals(0, references[block], "taken while held");
      if (evicts) {
        assertEquals((int) idle.iterator().next(), block, "not the one released longest ago");
        long was = content[block];
        for (Origin other : origins.values()) {
          assertFalse(other.follows(was), "a block was evicted before one that follows it");
        }
        evictions++;
        idle.remove(block);
        unknow(block);
      } else {
        assertFalse(idle.contains(block), "evicted while blocks were free");
      }
      references[block] = 1;
      return block;
    }

    private void unknow(int block) {
      assertEquals(block, known.remove(content[block]));
      origins.remove(block);
    }

    private void withdraw(Member m) {
      for (int i = m.published; i < m.length / BLOCK; i++) {
        cache.withdraw(m.chain.key(i, m.tokens), m.id);
      }
    }

    private void give(List<Integer> blocks) {
      cache.release(blocks.stream().mapToInt(Integer::intValue).toArray());
      for (int i = blocks.size() - 1; i >= 0; i--) {
        int block = blocks.get(i);
        if (--references[block] == 0 && origins.containsKey(block)) {
          idle.add(block);
        }
      }
    }

    private void preempt(Member m) {
      if (!m.running) {
        return;
      }
      withdraw(m);
      give(m.blocks);
      m.blocks.clear();
      m.published = 0;
      m.shared = 0;
      m.computed = 0;
      m.running = false;
      m.tainted = false;
    }

    private void end(Member m) {
      preempt(m);
      members.remove(m);
    }

    /** Goes back to the beginning of a block, and says something else from there on. */
    private void rewind(Member m) {
      int kept = m.shared + (m.published - m.shared) / 2;
      if (!m.running || m.computed <= kept * BLOCK) {
        return;
      }
      withdraw(m);
      List<Integer> gone = new ArrayList<>(m.blocks.subList(kept, m.blocks.size()));
      give(gone);
      m.blocks.subList(kept, m.blocks.size()).clear();
      m.published = kept;
      m.computed = kept * BLOCK;
      m.chain.truncate(kept);
      if (gone.size() > cache.available()) {
        end(m);
        return;
      }
      gone.forEach(g -> m.blocks.add(take()));
      if (kept * BLOCK >= PUBLIC.length) {
        m.tokens[kept * BLOCK] ^= 1;
      }
    }

    private void fail(Member m) {
      Set<BlockKey> keys = new HashSet<>();
      Set<Long> wrong = new HashSet<>();
      for (int i = m.shared; i < m.published; i++) {
        keys.add(m.chain.key(i, m.tokens));
        wrong.add(m.content(i));
      }
      Set<Integer> expected = new HashSet<>();
      for (int block : known.values()) {
        if (LongStream.of(origins.get(block).contents()).anyMatch(wrong::contains)) {
          expected.add(block);
        }
      }
      forget(expected, cache.forget(keys));
      end(m);
    }

    private void forgetAdapter(String adapter) {
      Set<Integer> expected = new HashSet<>();
      origins.forEach(
          (block, by) -> {
            if (by.scope().adapterDigest().equals(adapter)) {
              expected.add(block);
            }
          });
      forget(expected, cache.forgetAdapter(adapter));
    }

    private void forget(Set<Integer> expected, Set<Integer> gone) {
      assertEquals(expected, gone);
      forgotten += gone.size();
      for (int block : gone) {
        unknow(block);
        idle.remove(block);
      }
      for (Member m : members) {
        if (m.running && m.blocks.stream().anyMatch(gone::contains)) {
          withdraw(m);
          m.tainted = true;
        }
      }
    }

    private void check() {
      assertEquals(known.size(), cache.addressable());
      assertEquals(idle.size(), cache.evictable());
      Member m = members.isEmpty() ? null : members.get(random.nextInt(members.size()));
      if (m != null) {
        for (int block : m.blocks) {
          assertEquals(references[block], cache.references(block));
        }
      }
      int held = 0;
      for (int count : references) {
        held += count > 0 ? 1 : 0;
      }
      assertEquals(held, cache.held());
      assertEquals(total - held, cache.available());
    }

    void end() {
      List.copyOf(members).forEach(this::end);
      check();
      assertEquals(total, cache.available(), "a block is lost");
      assertEquals(0, cache.announced(), "somebody is waited for who is gone");
      for (int i = 0; i < total; i++) {
        cache.take();
      }
      assertEquals(0, cache.addressable());
      Member any = new Member(0, CacheScope.BASE, 8, sharing, random);
      assertNull(cache.at(any.chain.key(0, any.tokens)));
    }
  }
}
