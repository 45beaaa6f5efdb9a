package dev.tensafe.server.status;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tensafe.runtime.metrics.BoundedNames;
import java.time.InstantSource;
import java.util.Map;
import java.util.TreeMap;

/**
 * The tenants that were seen since start, by the names of their keys. The first {@value #MOST} have
 * entries of their own, the others share {@value #OTHER}; without API keys the only one is {@value
 * #NOBODY}. Thread-safe.
 */
public final class TenantTable {
  /** Tenants with entries of their own. */
  public static final int MOST = 200;

  /** The others. */
  public static final String OTHER = BoundedNames.OTHER;

  /** Everybody, where there are no keys. */
  public static final String NOBODY = "_anonymous";

  private final InstantSource clock;
  private final BoundedNames names = new BoundedNames(MOST);

  @GuardedBy("this")
  private final Map<String, TenantUse> uses = new TreeMap<>();

  TenantTable(InstantSource clock) {
    this.clock = clock;
  }

  /** The entry of a tenant, whose key was accepted just now. */
  TenantUse seen(String tenant) {
    TenantUse use = of(tenant);
    use.touch(clock.millis());
    return use;
  }

  /** A key was accepted. */
  public void accepted(String tenant) {
    seen(tenant);
  }

  private synchronized TenantUse of(String tenant) {
    return uses.computeIfAbsent(names.label(name(tenant)), label -> new TenantUse());
  }

  /** What a tenant is called. */
  static String name(String tenant) {
    return tenant.isEmpty() ? NOBODY : tenant;
  }

  /** All entries by name. */
  public synchronized Map<String, TenantUse> all() {
    return new TreeMap<>(uses);
  }
}
