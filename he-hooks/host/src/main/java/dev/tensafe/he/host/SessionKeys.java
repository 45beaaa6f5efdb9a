package dev.tensafe.he.host;

import dev.tensafe.he.Profile;
import dev.tensafe.he.wire.Hello;
import dev.tensafe.nativelib.ckks.CkksContext;
import dev.tensafe.nativelib.ckks.MaskExpander;
import dev.tensafe.nativelib.ckks.PublicHalves;
import dev.tensafe.nativelib.ckks.Rerandomizer;

/**
 * What an adapter host computes with in one session: the expander of the ciphertexts' public
 * halves, the public halves of all lanes' keys, and what re-randomises answers.
 *
 * @param client the hello that began the session
 * @param host the answer to it
 */
record SessionKeys(
    Hello.Client client,
    Hello.Host host,
    CkksContext context,
    MaskExpander masks,
    PublicHalves halves,
    Rerandomizer rerandomizer)
    implements AutoCloseable {
  /**
   * @param poolCapacity of the re-randomiser
   */
  static SessionKeys of(
      Hello.Client client, Hello.Host host, CkksContext context, int poolCapacity) {
    PublicHalves halves = PublicHalves.of(context, Hello.publicSeed(client, host));
    return new SessionKeys(
        client,
        host,
        context,
        MaskExpander.of(client.maskSeed()),
        halves,
        Rerandomizer.of(halves, poolCapacity));
  }

  /** Whether both sides agreed to say which spans evaluations belong to. */
  boolean traces() {
    return client.traces() && host.traces();
  }

  Profile profile() {
    return client.profile();
  }

  @Override
  public void close() {
    rerandomizer.close();
    halves.close();
    masks.close();
  }

  /** The profile: the rest is a session's own. */
  @Override
  public String toString() {
    return "SessionKeys[" + profile() + "]";
  }
}
