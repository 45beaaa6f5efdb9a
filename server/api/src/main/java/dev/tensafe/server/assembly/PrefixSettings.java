package dev.tensafe.server.assembly;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How prompts that begin alike are computed once, as the operator asked for it.
 *
 * @param on whether they are
 * @param publicPrompt text of a system message that everybody may know: what prompts rendered with
 *     it have in common is shared between tenants
 */
public record PrefixSettings(boolean on, Optional<Path> publicPrompt) {
  /** The default: within each tenant, and nothing between them. */
  public static final PrefixSettings WITHIN_TENANTS = new PrefixSettings(true, Optional.empty());

  /** Every prompt is computed. */
  public static final PrefixSettings OFF = new PrefixSettings(false, Optional.empty());
}
