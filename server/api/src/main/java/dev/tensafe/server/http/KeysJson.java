package dev.tensafe.server.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tensafe.server.config.ApiKeys;
import dev.tensafe.server.openai.JsonBody;
import dev.tensafe.server.status.TenantTable;
import dev.tensafe.server.status.TenantUse;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The API keys of {@code /v1/status}, by name, with what was used of each: those of the file, and
 * those that are no more but were used since start. Never a key, nor its hash.
 */
final class KeysJson {
  private final @Nullable ApiKeys keys;
  private final TenantTable tenants;

  /**
   * @param keys null where every route is open
   */
  KeysJson(@Nullable ApiKeys keys, TenantTable tenants) {
    this.keys = keys;
    this.tenants = tenants;
  }

  ObjectNode json() {
    ApiKeys known = keys;
    ObjectNode out = JsonBody.object().put("required", known != null);
    Map<String, TenantUse> uses = tenants.all();
    List<ApiKeys.Key> inFile = known == null ? List.of() : known.list();
    out.put("omitted", Math.max(0, inFile.size() - TenantTable.MOST));
    ArrayNode data = out.putArray("data");
    for (ApiKeys.Key key : inFile) {
      TenantUse use = uses.getOrDefault(key.name(), new TenantUse());
      uses.remove(key.name());
      if (data.size() < TenantTable.MOST) {
        ObjectNode entry = use(key.name(), use);
        putScopes(entry, key);
        data.add(entry);
      }
    }
    // at most as many again
    uses.forEach((name, use) -> data.add(use(name, use).putNull("scopes")));
    return out;
  }

  /** Who asks; nulls where every route is open. */
  static ObjectNode caller(ApiKeys.@Nullable Key key) {
    ObjectNode out = JsonBody.object().put("name", key == null ? null : key.name());
    if (key == null) {
      out.putNull("scopes");
    } else {
      putScopes(out, key);
    }
    return out;
  }

  private static void putScopes(ObjectNode out, ApiKeys.Key key) {
    ArrayNode scopes = out.putArray("scopes");
    key.scopes().stream().sorted().forEach(scope -> scopes.add(scope.label()));
  }

  private static ObjectNode use(String name, TenantUse use) {
    return JsonBody.object()
        .put("name", name)
        .put("requests", use.requests())
        .put("prompt_tokens", use.promptTokens())
        .put("cached_tokens", use.cachedTokens())
        .put("generated_tokens", use.generatedTokens())
        .put("last_used", use.lastMillis() > 0 ? (Double) (use.lastMillis() / 1e3) : null);
  }
}
