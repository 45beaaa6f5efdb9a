package dev.tensafe.runtime.settings;

import java.util.Set;

/**
 * The variables that a program does not find among its own commands. Tests hold both lists to the
 * commands, scripts and sources they are about.
 */
public final class KnownVariables {
  /** Of {@code serve}, which the program of adapter owners does not contain. */
  public static final Set<String> SERVE =
      Set.of(
          "TENSAFE_ADAPTERS",
          "TENSAFE_ADAPTER_HOST",
          "TENSAFE_ADAPTER_HOST_CA",
          "TENSAFE_ADAPTER_HOST_TIMEOUT_MILLIS",
          "TENSAFE_ADAPTER_HOST_TRACES",
          "TENSAFE_ADAPTER_HOST_UID",
          "TENSAFE_ADAPTER_MEMORY_MIB",
          "TENSAFE_ALLOW_UNVERIFIED_ADAPTERS",
          "TENSAFE_API_KEYS",
          "TENSAFE_BODY_TIMEOUT_SECONDS",
          "TENSAFE_CACHE_DIR",
          "TENSAFE_CHECK",
          "TENSAFE_CLIENT_CERT",
          "TENSAFE_CLIENT_KEY",
          "TENSAFE_CONFIG",
          "TENSAFE_CORS_ORIGINS",
          "TENSAFE_DRAIN_TIMEOUT_SECONDS",
          "TENSAFE_DRAFT_MODEL",
          "TENSAFE_DTYPE",
          "TENSAFE_ENCRYPTED_SPECULATION",
          "TENSAFE_EXECUTOR",
          "TENSAFE_HE_PROFILE",
          "TENSAFE_HOST",
          "TENSAFE_KV_CACHE_DTYPE",
          "TENSAFE_KV_CACHE_MIB",
          "TENSAFE_LOG_FORMAT",
          "TENSAFE_LOG_KEY",
          "TENSAFE_LOG_LEVELS",
          "TENSAFE_MAX_ADAPTER_MIB",
          "TENSAFE_MAX_BODY_KIB",
          "TENSAFE_MAX_MODEL_LEN",
          "TENSAFE_MAX_QUEUED_TOKENS",
          "TENSAFE_MAX_RUNNING",
          "TENSAFE_MODEL",
          "TENSAFE_NO_CONSOLE",
          "TENSAFE_NUMERICS",
          "TENSAFE_PAD_MEMORY_MIB",
          "TENSAFE_PASSPHRASE_FILE",
          "TENSAFE_PIN_THREADS",
          "TENSAFE_PORT",
          "TENSAFE_PREFIX_CACHE",
          "TENSAFE_PROMPT_TOKENS_PER_STEP",
          "TENSAFE_PUBLIC_PROMPT",
          "TENSAFE_RECIPIENT_KEY",
          "TENSAFE_REQUEST_TIMEOUT_SECONDS",
          "TENSAFE_SERVED_MODEL_NAME",
          "TENSAFE_SPECULATION",
          "TENSAFE_SPECULATIVE_TOKENS",
          "TENSAFE_STATE_DIR",
          "TENSAFE_THREADS",
          "TENSAFE_TLS_CERT",
          "TENSAFE_TLS_KEY",
          "TENSAFE_TOKENS_PER_STEP",
          "TENSAFE_TOOL_CALL_PARSER",
          "TENSAFE_TRUST",
          "TENSAFE_WEIGHTS");

  /** Of the launcher, the native library, the tests and the scripts. */
  public static final Set<String> OTHERS =
      Set.of(
          "TENSAFE_FUZZ_SECONDS",
          "TENSAFE_JAVA_OPTS",
          "TENSAFE_NATIVE_KERNELS",
          "TENSAFE_SHARED",
          "TENSAFE_TIMING_SECONDS");

  private KnownVariables() {}
}
