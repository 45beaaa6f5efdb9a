package dev.tensafe.he.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tensafe.he.HeException;
import dev.tensafe.he.Profile;
import dev.tensafe.tssp.keys.Encapsulation;
import dev.tensafe.tssp.keys.RecipientKey;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Messages of version 2 as docs/HE-PROTOCOL.md lays them out, and what is refused of them. */
class WireTest {
  private static final GroupId GROUP = new GroupId(3, 1);

  private static byte[] filled(int bytes, int value) {
    byte[] out = new byte[bytes];
    Arrays.fill(out, (byte) value);
    return out;
  }

  private static ByteBuffer written(int bytes, Consumer<ByteBuffer> encode) {
    ByteBuffer out = ByteBuffer.allocate(bytes);
    encode.accept(out);
    assertEquals(bytes, out.position());
    return out.flip();
  }

  private static void isHex(String expected, ByteBuffer bytes) {
    byte[] all = new byte[bytes.remaining()];
    bytes.duplicate().get(all);
    assertEquals(expected.replace(" ", ""), HexFormat.of().formatHex(all));
  }

  private static void refused(Executable decode) {
    HeException e = assertThrows(HeException.class, decode);
    assertEquals(HeException.Reason.PROTOCOL, e.reason());
  }

  /** Every shorter payload is refused, and one that goes on when it may not. */
  private static void hasItsLength(ByteBuffer good, Function<ByteBuffer, ?> decode, boolean whole) {
    for (int length = 0; length < good.remaining(); length++) {
      ByteBuffer cut = good.duplicate().limit(good.position() + length);
      refused(() -> decode.apply(cut));
    }
    ByteBuffer longer = ByteBuffer.allocate(good.remaining() + 1).put(good.duplicate()).rewind();
    if (whole) {
      refused(() -> decode.apply(longer));
    } else {
      Object unused = decode.apply(longer);
      assertEquals(1, longer.remaining());
    }
  }

  private static void refusedWith(
      ByteBuffer good, int at, int value, Function<ByteBuffer, ?> decode) {
    ByteBuffer bad = ByteBuffer.allocate(good.remaining()).put(good.duplicate()).rewind();
    bad.put(at, (byte) value);
    refused(() -> decode.apply(bad));
  }

  @Test
  void hellosCarryTheRecipientKey() {
    try (RecipientKey key = RecipientKey.generate(new SecureRandom())) {
      var client = new Hello.Client(Hello.VERSION, Profile.FAST, filled(32, 1), filled(32, 2));
      var host = new Hello.Host(Hello.VERSION, filled(32, 3), key.publicKey(), 1 << 20, 512);
      isHex("545348454c4f5241 0002 01 00" + "01".repeat(32) + "02".repeat(32), client.encode());
      assertEquals(1268, host.encode().remaining());
      Hello.Host read = Hello.Host.decode(host.encode());
      assertEquals(key.publicKey(), read.key());
      assertEquals(1 << 20, read.maxPayload());
      assertEquals(512, read.maxTokens());
      hasItsLength(client.encode(), Hello.Client::decode, true);
      hasItsLength(host.encode(), Hello.Host::decode, true);
      refusedWith(client.encode(), 0, 'X', Hello.Client::decode);
      refusedWith(client.encode(), 10, 3, Hello.Client::decode);
      refusedWith(client.encode(), 11, 2, Hello.Client::decode);
      refusedWith(host.encode(), 9, 1, Hello.Host::decode);
      refusedWith(host.encode(), 11, 2, Hello.Host::decode);
      refusedWith(host.encode(), 10, 1, Hello.Host::decode);
      assertFalse(Hello.Client.decode(client.encode()).traces());
      assertFalse(read.traces());
      assertTrue(Hello.Client.decode(client.encode().put(11, (byte) 1)).traces());
      assertTrue(Hello.Host.decode(host.encode().put(11, (byte) 1)).traces());
      assertEquals(1, Hello.Client.decode(client.encode().putShort(8, (short) 1)).version());
    }
  }

  @Test
  void aPlaceInATraceIsThereOrNot() {
    String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    String span = "00f067aa0ba902b7";
    TraceMessage begins = new TraceMessage(7, trace, span);
    isHex("00000007" + trace + span, begins.encode());
    assertEquals(begins, TraceMessage.decode(begins.encode()));
    hasItsLength(begins.encode(), TraceMessage::decode, true);
    isHex("00000007" + "00".repeat(24), TraceMessage.end(7).encode());
    assertTrue(TraceMessage.decode(TraceMessage.end(7).encode()).ends());
    refusedWith(TraceMessage.end(7).encode(), 27, 1, TraceMessage::decode);
    refusedWith(TraceMessage.end(7).encode(), 4, 1, TraceMessage::decode);
  }

  @Test
  void seedsDependOnBothHellosAndTheirUse() {
    try (RecipientKey key = RecipientKey.generate(new SecureRandom())) {
      var client = new Hello.Client(Hello.VERSION, Profile.FAST, filled(32, 1), filled(32, 2));
      var other = new Hello.Client(Hello.VERSION, Profile.STRICT, filled(32, 1), filled(32, 2));
      var host = new Hello.Host(Hello.VERSION, filled(32, 3), key.publicKey(), 1 << 20, 512);
      var host2 = new Hello.Host(Hello.VERSION, filled(32, 4), key.publicKey(), 1 << 20, 512);
      List<byte[]> seeds =
          List.of(
              Hello.publicSeed(client, host),
              Hello.publicSeed(other, host),
              Hello.publicSeed(client, host2),
              Hello.tagSeed(client, host, 1, 0),
              Hello.tagSeed(client, host, 1, 1),
              Hello.tagSeed(client, host, 2, 0),
              Hello.tagSeed(client, host2, 1, 0));
      assertEquals(seeds.size(), seeds.stream().map(Arrays::toString).distinct().count());
      assertArrayEquals(Hello.publicSeed(client, host), seeds.get(0));
    }
  }

  @Test
  void possessionIsProvedByWhoOpensTheChallenge() {
    try (RecipientKey key = RecipientKey.generate(new SecureRandom());
        RecipientKey other = RecipientKey.generate(new SecureRandom())) {
      var client = new Hello.Client(Hello.VERSION, Profile.FAST, filled(32, 1), filled(32, 2));
      var host = new Hello.Host(Hello.VERSION, filled(32, 3), key.publicKey(), 1 << 20, 512);
      Encapsulation made = host.key().encapsulate(new SecureRandom());
      byte[] challenge = Possession.readChallenge(Possession.challenge(made.ciphertext()));
      byte[] expected = Possession.proof(made.sharedSecret(), client, host, challenge);
      byte[] given = Possession.proof(key.decapsulate(challenge), client, host, challenge);
      Possession.require(ByteBuffer.wrap(given), expected);
      byte[] wrong = Possession.proof(other.decapsulate(challenge), client, host, challenge);
      refused(() -> Possession.require(ByteBuffer.wrap(wrong), expected));
      refused(() -> Possession.require(ByteBuffer.wrap(given, 0, 31), expected));
      refused(() -> Possession.require(ByteBuffer.allocate(33), expected));
      var relayed = new Hello.Host(Hello.VERSION, filled(32, 4), key.publicKey(), 1 << 20, 512);
      assertFalse(
          Arrays.equals(
              expected, Possession.proof(made.sharedSecret(), client, relayed, challenge)));
      hasItsLength(ByteBuffer.wrap(challenge), Possession::readChallenge, true);
    }
  }

  @Test
  void lanesAreAnnouncedByHashes() {
    var lanes = new LaneMessages.Lanes(5, List.of(filled(32, 7), filled(32, 8)));
    isHex("0000000000000005 0002 0000" + "07".repeat(32) + "08".repeat(32), lanes.encode());
    var read = LaneMessages.Lanes.decode(lanes.encode());
    assertEquals(5, read.first());
    assertArrayEquals(filled(32, 8), read.hashes().get(1));
    hasItsLength(lanes.encode(), LaneMessages.Lanes::decode, true);
    refusedWith(lanes.encode(), 7, 0, LaneMessages.Lanes::decode);
    refusedWith(lanes.encode(), 0, 0x80, LaneMessages.Lanes::decode);
    refusedWith(lanes.encode(), 9, 0, LaneMessages.Lanes::decode);
    refusedWith(lanes.encode(), 11, 1, LaneMessages.Lanes::decode);
    var many = new LaneMessages.Lanes(1, Collections.nCopies(65, filled(32, 1)));
    refused(() -> LaneMessages.Lanes.decode(many.encode()));
    var last = new LaneMessages.Lanes(Long.MAX_VALUE, List.of(filled(32, 1)));
    refused(() -> LaneMessages.Lanes.decode(last.encode()));
    byte[] message = filled(100, 9);
    assertArrayEquals(
        LaneMessages.hash(1, ByteBuffer.wrap(message)),
        LaneMessages.hash(1, ByteBuffer.wrap(message)));
    assertFalse(
        Arrays.equals(
            LaneMessages.hash(1, ByteBuffer.wrap(message)),
            LaneMessages.hash(2, ByteBuffer.wrap(message))));
  }

  @Test
  void aBatchIsOpenedByABitmapOfAFixedNumber() {
    BitSet bits = new BitSet();
    bits.set(2);
    bits.set(8);
    var open = new LaneMessages.OpenLanes(5, 10, bits);
    isHex("0000000000000005 000a 0000 0401", open.encode());
    assertEquals(open, LaneMessages.OpenLanes.decode(open.encode()));
    hasItsLength(open.encode(), LaneMessages.OpenLanes::decode, true);
    refusedWith(open.encode(), 12, 0, LaneMessages.OpenLanes::decode);
    refusedWith(open.encode(), 12, 0xff, LaneMessages.OpenLanes::decode);
    refusedWith(open.encode(), 13, 0x80, LaneMessages.OpenLanes::decode);
    refusedWith(open.encode(), 11, 1, LaneMessages.OpenLanes::decode);
    refusedWith(open.encode(), 9, 65, LaneMessages.OpenLanes::decode);
    assertEquals(1, LaneMessages.shown(1));
    assertEquals(1, LaneMessages.shown(8));
    assertEquals(2, LaneMessages.shown(9));
    assertEquals(8, LaneMessages.shown(64));
    BitSet one = new BitSet();
    one.set(0);
    var small = new LaneMessages.OpenLanes(1, 1, one);
    assertEquals(small, LaneMessages.OpenLanes.decode(small.encode()));
  }

  @Test
  void seedsKeysBindingsAndRetirements() {
    var seeds = new LaneMessages.Seeds(5, List.of(filled(32, 7)));
    isHex("0000000000000005 0001 0000" + "07".repeat(32), seeds.encode());
    assertArrayEquals(filled(32, 7), LaneMessages.Seeds.decode(seeds.encode()).seeds().get(0));
    assertEquals("Seeds[5, 1 seeds]", seeds.toString());
    hasItsLength(seeds.encode(), LaneMessages.Seeds::decode, true);
    refusedWith(seeds.encode(), 9, 9, LaneMessages.Seeds::decode);
    refusedWith(seeds.encode(), 11, 9, LaneMessages.Seeds::decode);

    var key = new LaneMessages.Key(6);
    ByteBuffer keyHead = written(LaneMessages.KEY_HEAD, key::encode);
    isHex("0000000000000006", keyHead);
    hasItsLength(keyHead, LaneMessages.Key::decode, false);
    refusedWith(keyHead, 7, 0, LaneMessages.Key::decode);

    var bind = new LaneMessages.Bind(6, 2, 9);
    isHex("0000000000000006 00000002 00000009", bind.encode());
    assertEquals(bind, LaneMessages.Bind.decode(bind.encode()));
    hasItsLength(bind.encode(), LaneMessages.Bind::decode, true);
    refusedWith(bind.encode(), 7, 0, LaneMessages.Bind::decode);

    var retire = new LaneMessages.Retire(List.of(3L, 4L));
    isHex("0002 0000 0000000000000003 0000000000000004", retire.encode());
    assertEquals(retire, LaneMessages.Retire.decode(retire.encode()));
    hasItsLength(retire.encode(), LaneMessages.Retire::decode, true);
    refusedWith(retire.encode(), 1, 0, LaneMessages.Retire::decode);
    refusedWith(retire.encode(), 3, 1, LaneMessages.Retire::decode);
    refusedWith(retire.encode(), 11, 0, LaneMessages.Retire::decode);
  }

  @Test
  void evaluationsNameTheirLanes() {
    var evaluate = new EvaluationMessages.Evaluate(1, 2, GROUP, 7);
    ByteBuffer head = written(EvaluationMessages.Evaluate.BYTES, evaluate::encode);
    isHex("0000000000000001 00000002 00030100 0000000000000007", head);
    assertEquals(evaluate, EvaluationMessages.Evaluate.decode(head.duplicate()));
    hasItsLength(head, EvaluationMessages.Evaluate::decode, false);
    refusedWith(head, 7, 0, EvaluationMessages.Evaluate::decode);
    refusedWith(head, 14, 4, EvaluationMessages.Evaluate::decode);
    refusedWith(head, 15, 1, EvaluationMessages.Evaluate::decode);
    refusedWith(head, 23, 0, EvaluationMessages.Evaluate::decode);

    var prepare = new EvaluationMessages.Prepare(2, 1, 32, 4096);
    isHex("00000002 00000001 00000020 0000000000001000", prepare.encode());
    assertEquals(prepare, EvaluationMessages.Prepare.decode(prepare.encode()));
    hasItsLength(prepare.encode(), EvaluationMessages.Prepare::decode, true);
    refusedWith(prepare.encode(), 7, 0, EvaluationMessages.Prepare::decode);
    refusedWith(prepare.encode(), 11, 0, EvaluationMessages.Prepare::decode);
    refusedWith(prepare.encode(), 12, 0x80, EvaluationMessages.Prepare::decode);

    var prepared = new EvaluationMessages.Prepared(2, GROUP, 1);
    ByteBuffer preparedHead = written(EvaluationMessages.Prepared.BYTES, prepared::encode);
    isHex("00000002 00030100 00000001", preparedHead);
    assertEquals(prepared, EvaluationMessages.Prepared.decode(preparedHead.duplicate()));
    hasItsLength(preparedHead, EvaluationMessages.Prepared::decode, false);

    var answers = new EvaluationMessages.Answers(1, 99);
    ByteBuffer answersHead = written(EvaluationMessages.Answers.BYTES, answers::encode);
    assertEquals(answers, EvaluationMessages.Answers.decode(answersHead.duplicate()));
    hasItsLength(answersHead, EvaluationMessages.Answers::decode, false);
  }

  @Test
  void paddedEvaluationsListRuns() {
    PaddedRuns runs = new PaddedRuns();
    runs.add(7, 1, 31, 1);
    runs.add(8, 2, 0, 128);
    var padded = new EvaluationMessages.Padded(1, 2, GROUP);
    ByteBuffer head =
        written(EvaluationMessages.Padded.bytes(runs), out -> padded.encode(runs, out));
    isHex(
        "0000000000000001 00000002 00030100 0002 0000"
            + "0000000000000007 00000001 001f 0001"
            + "0000000000000008 00000002 0000 0080",
        head);
    PaddedRuns read = new PaddedRuns();
    read.add(1, 1, 1, 1);
    Function<ByteBuffer, Object> decode = b -> EvaluationMessages.Padded.decode(b, read);
    assertEquals(padded, decode.apply(head.duplicate()));
    assertEquals(2, read.size());
    assertEquals(129, read.tokens());
    assertEquals(7, read.lane(0));
    assertEquals(2, read.block(1));
    assertEquals(31, read.first(0));
    assertEquals(128, read.count(1));
    assertThrows(IndexOutOfBoundsException.class, () -> read.lane(2));
    hasItsLength(head, decode, false);
    refusedWith(head, 7, 0, decode);
    refusedWith(head, 17, 0, decode);
    refusedWith(head, 19, 1, decode);
    refusedWith(head, 27, 0, decode);
    refusedWith(head, 35, 0, decode);
    ByteBuffer beyond = ByteBuffer.allocate(head.remaining()).put(head.duplicate()).flip();
    beyond.putShort(32, (short) 0xffff);
    refused(() -> decode.apply(beyond));

    PaddedRuns many = new PaddedRuns();
    for (int i = 1; i <= 1000; i++) {
      many.add(i, 1, 0, 1);
    }
    ByteBuffer all =
        written(EvaluationMessages.Padded.bytes(many), out -> padded.encode(many, out));
    EvaluationMessages.Padded.decode(all, read);
    assertEquals(1000, read.tokens());
    assertEquals(1000, read.lane(999));
    assertThrows(IllegalArgumentException.class, () -> many.add(0, 1, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> many.add(1, 1, 0xffff, 1));
  }

  @Test
  void tagsComeInPieces() {
    List<byte[]> hashes = new ArrayList<>();
    for (int i = 0; i < TagMessages.CANDIDATES; i++) {
      byte[] hash = new byte[32];
      hash[0] = (byte) i;
      hashes.add(hash);
    }
    ByteBuffer keys = new TagMessages.Keys(2, 1, hashes).encode();
    TagMessages.Keys read = TagMessages.Keys.decode(keys.duplicate());
    assertEquals(2, read.ref());
    assertEquals(1, read.index());
    assertArrayEquals(hashes.get(7), read.hashes().get(7));
    hasItsLength(keys, TagMessages.Keys::decode, true);
    refusedWith(keys, 4, 2, TagMessages.Keys::decode);
    refusedWith(keys, 6, 1, TagMessages.Keys::decode);

    var choice = new TagMessages.Choice(2, 1, 7);
    ByteBuffer chosen = choice.encode();
    assertEquals(choice, TagMessages.Choice.decode(chosen.duplicate()));
    hasItsLength(chosen, TagMessages.Choice::decode, true);
    refusedWith(chosen, 5, 8, TagMessages.Choice::decode);
    refusedWith(chosen, 7, 1, TagMessages.Choice::decode);

    var setup = new TagMessages.Setup(2, 1, 60);
    ByteBuffer head = written(TagMessages.Setup.BYTES, setup::encode);
    isHex("00000002 02 01 003c", head);
    assertEquals(setup, TagMessages.Setup.decode(head.duplicate()));
    hasItsLength(head, TagMessages.Setup::decode, false);
    refusedWith(head, 4, 3, TagMessages.Setup::decode);
    refusedWith(head, 5, 2, TagMessages.Setup::decode);
    refusedWith(head, 7, 53, TagMessages.Setup::decode);
    refusedWith(head, 7, 84, TagMessages.Setup::decode);

    var tags = new TagMessages.Tags(2, 1, 64, 70);
    assertEquals(6, tags.count());
    ByteBuffer tagsHead = written(TagMessages.Tags.BYTES, tags::encode);
    isHex("00000002 01 000000 00000040 00000046", tagsHead);
    assertEquals(tags, TagMessages.Tags.decode(tagsHead.duplicate()));
    hasItsLength(tagsHead, TagMessages.Tags::decode, false);
    refusedWith(tagsHead, 4, 2, TagMessages.Tags::decode);
    refusedWith(tagsHead, 5, 1, TagMessages.Tags::decode);
    refusedWith(tagsHead, 11, 0x41, TagMessages.Tags::decode);
    refusedWith(tagsHead, 15, 0x40, TagMessages.Tags::decode);
    refusedWith(tagsHead, 8, 0x80, TagMessages.Tags::decode);
  }

  @Test
  void everyReasonHasItsNumber() {
    List<Refusal> refusals = new ArrayList<>();
    for (int id = 1; id <= 7; id++) {
      var refused = new AdapterMessages.Refused(1, 2, Refusal.of(id));
      refusals.add(AdapterMessages.Refused.decode(refused.encode()).refusal());
    }
    assertEquals(List.of(Refusal.values()), refusals);
    refused(() -> Refusal.of(8));
    assertEquals(6, CloseReason.BARRED.id());
    for (CloseReason reason : CloseReason.values()) {
      assertEquals(reason, ControlMessages.readClose(ControlMessages.close(reason)));
    }
    for (int id = 1; id <= 28; id++) {
      assertEquals(id, Objects.requireNonNull(FrameType.of(id)).id());
    }
    assertEquals(null, FrameType.of(29));
  }
}
