package dev.tensafe.he.host;

import dev.tensafe.he.wire.Refusal;
import dev.tensafe.tssp.keys.KeyId;
import dev.tensafe.tssp.keys.RecipientKey;
import dev.tensafe.tssp.keys.RecipientPublicKey;
import dev.tensafe.tssp.verify.VerifiedPackage;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The party that holds sealed weights: adapters by digest, and the sessions that evaluate with
 * them. It sees ciphertexts, sizes and times; never a prompt, an activation or a secret key.
 * Thread-safe.
 */
public final class AdapterHost implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AdapterHost.class);

  final ProfileTools tools = new ProfileTools();
  final HostStats stats = new HostStats();
  final PoolFiller pools = new PoolFiller();
  final SetupThread setups = new SetupThread();
  final PreparationCap preparations = new PreparationCap();
  final AheadMemory ahead;
  final ClientPolicy clients;
  final HostLimits limits;
  final TokenMeter meter;
  final HostSessions sessions;
  private final RecipientKey key;
  private final SealedParts parts = new SealedParts();
  private volatile HostTracer tracer = HostTracer.NONE;

  /** One that serves everybody. */
  public AdapterHost(RecipientKey key, TokenMeter meter, HostLimits limits) {
    this(key, meter, ClientPolicy.open(), limits);
  }

  /**
   * @param key opens sealed parts, and proves to model hosts that this is the host they mean; not
   *     closed here
   * @param meter closed with this host
   */
  public AdapterHost(RecipientKey key, TokenMeter meter, ClientPolicy clients, HostLimits limits) {
    this.key = key;
    this.meter = meter;
    this.clients = clients;
    this.limits = limits;
    this.ahead = new AheadMemory(limits.aheadBytes());
    this.sessions = new HostSessions(limits.maxSessions());
  }

  /** By which model hosts choose this host for an adapter. */
  public KeyId keyId() {
    return key.publicKey().id();
  }

  /** Goes on with the traces of model hosts that ask for it, from their next session on. */
  public void traceWith(HostTracer with) {
    tracer = with;
  }

  HostTracer tracer() {
    return tracer;
  }

  RecipientPublicKey publicKey() {
    return key.publicKey();
  }

  /** Opens what was encapsulated to this host's key. */
  byte[] decapsulate(byte[] ciphertext) {
    return key.decapsulate(ciphertext);
  }

  /**
   * Opens the sealed part of a package and serves it, until {@link #release} was called as often.
   *
   * @throws dev.tensafe.tssp.TsspException {@code tssp.not_a_recipient} and the other codes of
   *     opening a part
   */
  public SealedPart add(VerifiedPackage verified) {
    SealedPart known = parts.share(verified.digest());
    if (known != null) {
      return known;
    }
    return serve(SealedPartReader.read(verified, key));
  }

  /** Serves a part that was opened; the result is another if it is served already. */
  SealedPart serve(SealedPart read) {
    SealedPart served = parts.add(read);
    if (served == read) {
      LOG.info(
          "adapter '{}' version {} is served: {}",
          read.manifest().name(),
          read.manifest().version(),
          read.digest());
    }
    return served;
  }

  /** Undoes one {@link #add}; with the last the adapter is withdrawn. */
  public void release(String digest) {
    wipe(parts.release(digest));
  }

  /** Ends the use of an adapter at once; its weights are wiped when the last evaluation ends. */
  public void withdraw(String digest) {
    wipe(parts.withdraw(digest));
  }

  private static void wipe(@Nullable SealedPart withdrawn) {
    if (withdrawn != null) {
      withdrawn.close();
      LOG.info("adapter '{}' is withdrawn: {}", withdrawn.manifest().name(), withdrawn.digest());
    }
  }

  @Nullable SealedPart find(String digest) {
    return parts.find(digest);
  }

  /** The refusal for a digest that is not served. */
  Refusal whyNot(String digest) {
    return parts.whyNot(digest);
  }

  public Collection<SealedPart> adapters() {
    return parts.all();
  }

  public HostStats stats() {
    return stats;
  }

  /** The tokens that each client used. */
  public List<TokenMeter.Usage> usage() {
    return meter.usage();
  }

  public int poolLevel() {
    return pools.level();
  }

  public int poolCapacity() {
    return pools.capacity();
  }

  /** Accounts that are not served. */
  public int barredAccounts() {
    return clients.barred().count();
  }

  /** Sessions that there are now. */
  public int openSessions() {
    return sessions.count();
  }

  /** Whether it is draining. */
  public boolean isDraining() {
    return sessions.isDraining();
  }

  /**
   * Waits until no session is left.
   *
   * @return false when the time was over first
   */
  public boolean awaitEnd(long millis) {
    return sessions.awaitNone(millis);
  }

  /** Asks every session to end; new ones are refused. */
  public void drain() {
    sessions.drain();
  }

  /** Ends all sessions, wipes all weights, records what was used. */
  @Override
  public void close() {
    try {
      sessions.abort();
      pools.close();
      setups.close();
      parts.all().forEach(part -> withdraw(part.digest()));
    } finally {
      meter.close();
    }
  }
}
